/** {@code holdfast simulate}: the stand-ins of the simulator as commands. */
@NullMarked
package dev.holdfast.app.simulate;

import org.jspecify.annotations.NullMarked;
