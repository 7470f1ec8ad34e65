/**
 * What the operator configured: YAML, environment and defaults in, immutable records or every
 * mistake with its line out. Start at {@link dev.holdfast.app.config.Configuration}; what a key
 * means stands where it is read, in the record of its section.
 */
@NullMarked
package dev.holdfast.app.config;

import org.jspecify.annotations.NullMarked;
