/**
 * Asks that come together: read line by line while they arrive ({@link
 * dev.holdfast.gateway.batch.BatchIntake}), followed, and told in order ({@link
 * dev.holdfast.gateway.batch.BatchDoors}).
 */
@NullMarked
package dev.holdfast.gateway.batch;

import org.jspecify.annotations.NullMarked;
