/** The trading feed that asks a converter in real time and judges its answers. */
@NullMarked
package dev.holdfast.simulator.feed;

import org.jspecify.annotations.NullMarked;
