/** How fast the converter answers a feed, beside an echo. */
package dev.holdfast.bench.converter;
