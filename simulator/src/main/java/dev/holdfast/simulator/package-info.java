/** What all stand-ins have in common: the figures that they can be given. */
@NullMarked
package dev.holdfast.simulator;

import org.jspecify.annotations.NullMarked;
