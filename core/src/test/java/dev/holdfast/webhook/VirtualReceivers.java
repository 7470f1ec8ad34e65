package dev.holdfast.webhook;

import dev.holdfast.webhook.Webhooks.Told;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Receivers in virtual time, by host: each answers, hangs or is down as a test has it. */
final class VirtualReceivers implements Webhooks {
    static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration LATENCY = Duration.ofMillis(5);

    private final VirtualTime time;
    private final Map<String, Function<Post, Answer>> hosts = new HashMap<>();
    private final Map<String, Integer> underWay = new HashMap<>();
    final Map<String, Integer> mostUnderWay = new HashMap<>();
    final List<Post> posts = new ArrayList<>();

    /** How a receiver takes a post. */
    record Answer(Told told, Duration after) {}

    /** A post that arrived, at that time since the start. */
    record Post(String host, String id, Map<String, String> headers, String text, Duration at) {}

    VirtualReceivers(VirtualTime time) {
        this.time = time;
    }

    static Answer ok() {
        return new Answer(new Told.Delivered(204, LATENCY), LATENCY);
    }

    static Answer status(int status, Duration retryAfter) {
        return new Answer(
                new Told.NotDelivered(status, retryAfter, "answered " + status, false, LATENCY),
                LATENCY);
    }

    static Answer gone() {
        return new Answer(new Told.Gone(LATENCY), LATENCY);
    }

    static Answer refused() {
        return new Answer(
                new Told.NotDelivered(null, null, "connection refused", true, LATENCY), LATENCY);
    }

    static Answer hang() {
        return new Answer(
                new Told.NotDelivered(null, null, "no answer in time", true, TIMEOUT), TIMEOUT);
    }

    /** From now on a host answers so. */
    void host(String name, Function<Post, Answer> answers) {
        hosts.put(name, answers);
    }

    /** The posts to a host. */
    List<Post> to(String host) {
        return posts.stream().filter(post -> post.host().equals(host)).toList();
    }

    @Override
    public CompletionStage<Told> post(URI url, Map<String, String> headers, byte[] body) {
        String host = url.getHost();
        int now = underWay.merge(host, 1, Integer::sum);
        mostUnderWay.merge(host, now, Math::max);
        String text = new String(body, StandardCharsets.UTF_8);
        Post post = new Post(host, headers.get("webhook-id"), headers, text, time.elapsed());
        posts.add(post);
        Answer answer = hosts.getOrDefault(host, any -> ok()).apply(post);
        CompletableFuture<Told> told = new CompletableFuture<>();
        time.after(
                answer.after(),
                () -> {
                    underWay.merge(host, -1, Integer::sum);
                    told.complete(answer.told());
                });
        return told;
    }
}
