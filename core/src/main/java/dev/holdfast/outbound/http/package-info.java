/**
 * HTTP/1.1 as a client (RFC 9112): one request, one answer, or the connection dies. Start at {@link
 * dev.holdfast.outbound.http.Connections}.
 */
@NullMarked
package dev.holdfast.outbound.http;

import org.jspecify.annotations.NullMarked;
