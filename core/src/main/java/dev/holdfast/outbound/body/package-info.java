/**
 * Large bodies on their way: read from the store while they are sent, written to it while they
 * come. Start reading at {@link dev.holdfast.outbound.body.Pieces}.
 */
@NullMarked
package dev.holdfast.outbound.body;

import org.jspecify.annotations.NullMarked;
