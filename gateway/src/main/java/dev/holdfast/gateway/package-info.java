/**
 * The doors for callers: routes, authentication, problems, streams. HTTP ends here; behind it there
 * are only {@link dev.holdfast.engine.Ask} and {@link dev.holdfast.engine.Answer}. Start at {@link
 * dev.holdfast.gateway.Gateway}.
 */
@NullMarked
package dev.holdfast.gateway;

import org.jspecify.annotations.NullMarked;
