package dev.holdfast.store;

import java.util.UUID;

/**
 * One webhook to deliver: one request's end, told to its URL.
 *
 * @param id also the {@code webhook-id}, the same on every try
 * @param request the request it tells of
 * @param client whose secret signs it
 * @param url where to
 * @param headers the caller's own headers, a JSON object of strings
 * @param attempts tries so far
 */
public record Delivery(
        UUID id, RequestRecord request, int client, String url, String headers, int attempts) {

    /** What it takes in memory beside a little, in characters. */
    public long chars() {
        return Reads.chars(request);
    }
}
