/**
 * What a caller asked for and what became of it: pure values and the pure decision of what happens
 * next. Start at {@link dev.holdfast.request.Lifecycle}.
 */
@NullMarked
package dev.holdfast.request;

import org.jspecify.annotations.NullMarked;
