/**
 * The syntax of HTTP, byte by byte: a request that two readers could take for different requests is
 * not read (decision 20). Start at {@link dev.holdfast.gateway.syntax.StrictDecoder}.
 */
@NullMarked
package dev.holdfast.gateway.syntax;

import org.jspecify.annotations.NullMarked;
