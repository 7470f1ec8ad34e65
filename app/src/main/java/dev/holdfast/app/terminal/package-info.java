/**
 * What commands say and how: failures with one clear line, progress, a screen that is repainted.
 */
@NullMarked
package dev.holdfast.app.terminal;

import org.jspecify.annotations.NullMarked;
