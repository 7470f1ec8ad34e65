/**
 * How a request looks to those outside: the JSON that answers, webhooks and events have in common.
 */
@NullMarked
package dev.holdfast.wire;

import org.jspecify.annotations.NullMarked;
