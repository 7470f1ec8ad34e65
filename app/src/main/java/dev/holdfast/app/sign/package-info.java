/**
 * {@code holdfast sign}: messages from a file through a gateway, again and again until each has its
 * signature; what is written is never lost (P3). Start at {@link
 * dev.holdfast.app.sign.SignCommand}.
 */
@NullMarked
package dev.holdfast.app.sign;

import org.jspecify.annotations.NullMarked;
