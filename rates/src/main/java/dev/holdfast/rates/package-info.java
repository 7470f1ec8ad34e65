/**
 * The real-time currency converter (docs/converter.md): which rate is valid on a day, and what an
 * amount is worth at it. Start at {@link dev.holdfast.rates.Converter}.
 */
@NullMarked
package dev.holdfast.rates;

import org.jspecify.annotations.NullMarked;
