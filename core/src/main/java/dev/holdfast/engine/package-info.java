/**
 * The promise keeper: accepts asks, dispatches attempts within quota, tells those who wait. Start
 * at {@link dev.holdfast.engine.Engine}.
 */
@NullMarked
package dev.holdfast.engine;

import org.jspecify.annotations.NullMarked;
