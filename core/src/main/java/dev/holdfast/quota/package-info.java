/**
 * Pure arithmetic on instants: how many calls may leave now, and if none, when. Start at {@link
 * dev.holdfast.quota.Quota}.
 */
@NullMarked
package dev.holdfast.quota;

import org.jspecify.annotations.NullMarked;
