/**
 * Where rates come from, one class a rates API: how to ask it for a day and how to read its answer.
 * Start at {@link dev.holdfast.rates.source.RateSource}.
 */
@NullMarked
package dev.holdfast.rates.source;

import org.jspecify.annotations.NullMarked;
