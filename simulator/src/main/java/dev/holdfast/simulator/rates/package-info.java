/** APIs of exchange rates in several shapes. */
@NullMarked
package dev.holdfast.simulator.rates;

import org.jspecify.annotations.NullMarked;
