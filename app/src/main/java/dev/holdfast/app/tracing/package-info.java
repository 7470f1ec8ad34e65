/**
 * OpenTelemetry: spans for asks, calls and webhooks, and their export. The only package that knows
 * OpenTelemetry; everything else tells it through small ports. Start reading at {@link
 * dev.holdfast.app.tracing.Tracing}.
 */
@NullMarked
package dev.holdfast.app.tracing;

import org.jspecify.annotations.NullMarked;
