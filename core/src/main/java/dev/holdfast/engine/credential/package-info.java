/**
 * What the engine makes of an upstream's credentials: what they allow together, and how each
 * stands. Start reading at {@link dev.holdfast.engine.credential.Credentials}.
 */
@NullMarked
package dev.holdfast.engine.credential;

import org.jspecify.annotations.NullMarked;
