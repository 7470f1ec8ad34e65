/**
 * How an upstream is told who calls it, where that is more than a fixed header; pure. Start at
 * {@link dev.holdfast.outbound.auth.Tokens}.
 */
@NullMarked
package dev.holdfast.outbound.auth;

import org.jspecify.annotations.NullMarked;
