package dev.holdfast.outbound.body;

import dev.holdfast.request.Body;
import dev.holdfast.request.JsonLooks;
import dev.holdfast.request.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of a large answer.
 *
 * @param places what stands where its route looks
 * @param text all of it, where the route wants text; null where it is kept as it came, or {@code
 *     wrong} says why there is none
 * @param wrong what it is instead of a text, or null
 */
public record Looked(
        JsonLooks.Seen places, @Nullable Body text, Outcome.@Nullable Unusable wrong) {}
