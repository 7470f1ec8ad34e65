/** The command line and the one composition root. Start at {@link dev.holdfast.app.Main}. */
@NullMarked
package dev.holdfast.app;

import org.jspecify.annotations.NullMarked;
