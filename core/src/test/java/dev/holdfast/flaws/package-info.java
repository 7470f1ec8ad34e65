/**
 * Mistakes planted in the source, each of which a test must find: what {@code flaws.txt} of a
 * module lists is compiled and put in front of the class path of that test. Start at {@link
 * dev.holdfast.flaws.PlantedFlaws}.
 */
package dev.holdfast.flaws;
