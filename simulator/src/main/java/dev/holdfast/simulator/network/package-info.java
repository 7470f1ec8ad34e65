/** What lies between: connections that are cut, slowed down or held up. */
@NullMarked
package dev.holdfast.simulator.network;

import org.jspecify.annotations.NullMarked;
