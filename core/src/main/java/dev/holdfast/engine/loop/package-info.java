/**
 * The one thread on which the engine and the webhooks decide, and what rings on it later. Start at
 * {@link dev.holdfast.engine.loop.Loop}.
 */
@NullMarked
package dev.holdfast.engine.loop;

import org.jspecify.annotations.NullMarked;
