/** A receiver of webhooks that verifies what it gets. */
@NullMarked
package dev.holdfast.simulator.receiver;

import org.jspecify.annotations.NullMarked;
