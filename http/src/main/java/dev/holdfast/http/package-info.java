/**
 * The words of HTTP that every door speaks: {@link dev.holdfast.http.Problem}, fields with their
 * mistakes, preferences, JSON.
 */
@NullMarked
package dev.holdfast.http;

import org.jspecify.annotations.NullMarked;
