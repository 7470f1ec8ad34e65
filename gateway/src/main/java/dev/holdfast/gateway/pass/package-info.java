/**
 * Requests that are passed on as they come, and answers that come back so. Start reading at {@link
 * dev.holdfast.gateway.pass.PassReader}.
 */
@NullMarked
package dev.holdfast.gateway.pass;

import org.jspecify.annotations.NullMarked;
