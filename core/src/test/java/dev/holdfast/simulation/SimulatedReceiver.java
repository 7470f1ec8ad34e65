package dev.holdfast.simulation;

import dev.holdfast.store.RequestRecord;
import dev.holdfast.webhook.Webhooks;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where webhooks arrive, and the check of what P3 says of them. It answers, fails, hangs, refuses
 * and has its answers lost; it outlives every process that posts to it.
 */
final class SimulatedReceiver {
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Duration ASKED_TO_WAIT = Duration.ofSeconds(20);
    private static final String ID = "webhook-id";

    /** Of a wait, what a clock that drifts may make of it. */
    private static final int DRIFT_PART = 2_000;

    private final World world;
    private final Consumer<String> violated;
    private final Map<String, Told> told = new HashMap<>();
    private final Map<String, String> requests = new HashMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private final Set<String> settled = new HashSet<>();
    final Map<Fault, Integer> fired = new EnumMap<>(Fault.class);
    private final Map<String, Integer> failed = new HashMap<>();
    private final Map<String, Long> notBefore = new HashMap<>();
    private int waits;
    private boolean healed;

    /** What can go wrong with a post. */
    enum Fault {
        HOOK_FAILED,
        HOOK_ASKED_TO_WAIT,
        HOOK_REFUSED,
        HOOK_HUNG,
        /** It was taken, and nobody heard. */
        HOOK_ANSWER_LOST
    }

    /** What was said of a request, and under which id. */
    private record Told(String id, String event) {}

    SimulatedReceiver(World world, Consumer<String> violated) {
        this.world = world;
        this.violated = violated;
    }

    /** From now on it takes every post. */
    void heal() {
        healed = true;
    }

    /** The way a process posts to it; a dead process hears nothing. */
    Webhooks as(Consumer<Runnable> alive) {
        return (url, headers, body) -> {
            CompletableFuture<Webhooks.Told> answer = new CompletableFuture<>();
            Fault fault = fault();
            String id = headers.getOrDefault(ID, "none");
            Duration latency =
                    fault == Fault.HOOK_HUNG || fault == Fault.HOOK_ANSWER_LOST
                            ? TIMEOUT
                            : world.millis(1, 100);
            Webhooks.Told how = answer(fault, latency);
            if (fault != Fault.HOOK_REFUSED) {
                boolean takes = fault == null || fault == Fault.HOOK_ANSWER_LOST;
                world.after(world.millis(0, 1), () -> arrived(url, id, body, takes));
            }
            world.after(
                    latency,
                    () ->
                            alive.accept(
                                    () -> {
                                        if (fault == null) {
                                            remember(id, alive);
                                        } else {
                                            failed(id, fault);
                                        }
                                        answer.complete(how);
                                    }));
            return answer;
        };
    }

    /** It is not sent again before the schedule, or the receiver itself, says so. */
    private void failed(String id, Fault fault) {
        int failures = failed.merge(id, 1, Integer::sum);
        List<Duration> delays = SimulatedProcess.SCHEDULE.delays();
        Duration wait = delays.get(Math.min(failures, delays.size() - 1));
        Duration least =
                fault == Fault.HOOK_ASKED_TO_WAIT
                        ? ASKED_TO_WAIT
                        : wait.multipliedBy(4).dividedBy(5);
        Duration surely = least.minus(least.dividedBy(DRIFT_PART)).minusMillis(5);
        notBefore.put(id, world.now() + surely.toNanos());
    }

    /** What had failed may not be written down. */
    void crashed() {
        failed.clear();
        notBefore.clear();
    }

    /** Webhooks that were sent again after a wait that was looked at. */
    int waits() {
        return waits;
    }

    /** A delivery whose success is on disk is not made again. */
    private void remember(String id, Consumer<Runnable> alive) {
        Duration written = SimulatedProcess.LONGEST_STALL.multipliedBy(2);
        world.after(written, () -> alive.accept(() -> settled.add(id)));
    }

    private @Nullable Fault fault() {
        if (healed || !world.chance(0.3)) {
            return null;
        }
        Fault fault = Fault.values()[world.random.nextInt(Fault.values().length)];
        fired.merge(fault, 1, Integer::sum);
        return fault;
    }

    private static Webhooks.Told answer(@Nullable Fault fault, Duration latency) {
        return switch (fault) {
            case null -> new Webhooks.Told.Delivered(204, latency);
            case HOOK_FAILED -> failed(500, null, false, latency);
            case HOOK_ASKED_TO_WAIT -> failed(503, ASKED_TO_WAIT, false, latency);
            case HOOK_REFUSED, HOOK_HUNG, HOOK_ANSWER_LOST -> failed(null, null, true, latency);
        };
    }

    private static Webhooks.Told failed(
            @Nullable Integer status,
            @Nullable Duration retryAfter,
            boolean hostDown,
            Duration latency) {
        return new Webhooks.Told.NotDelivered(status, retryAfter, "failed", hostDown, latency);
    }

    private void arrived(URI url, String id, byte[] body, boolean takes) {
        JsonObject event = new JsonObject(Buffer.buffer(body));
        JsonObject data = event.getJsonObject("data");
        String request = data.getString("id");
        Long earliest = notBefore.remove(id);
        if (earliest != null) {
            waits++;
            if (world.now() < earliest) {
                violated.accept("a webhook was sent again before its time: " + id);
            }
        }
        if (settled.contains(id)) {
            violated.accept("a webhook that had been taken was sent again: " + id);
        }
        if (!url.getPath().equals(path(data.getJsonObject("params").getString("message")))) {
            violated.accept(url + " was told of another's " + event);
        }
        Told now = new Told(id, event.getString("type"));
        Told before = told.put(request, now);
        if (before != null && !before.equals(now)) {
            violated.accept(request + " was told as " + before + ", then as " + now);
        }
        String other = requests.put(id, request);
        if (other != null && !other.equals(request)) {
            violated.accept("one id for webhooks of " + request + " and " + other);
        }
        if (takes) {
            taken.merge(request, 1, Integer::sum);
        }
    }

    private static String path(String message) {
        return "/told/" + message.replace(' ', '-');
    }

    /** Where somebody wants to be told of a message's end; each client has a host of its own. */
    static URI url(int client, String message) {
        return URI.create("https://client-" + client + ".test" + path(message));
    }

    /** Whether the end of this request was taken. */
    boolean knows(UUID request) {
        return takes(request) > 0;
    }

    /** How often the end of this request was taken. */
    int takes(UUID request) {
        return taken.getOrDefault(request.toString(), 0);
    }

    /** Somebody wants to be told once more of what was taken. */
    void wantedAgain(UUID request) {
        settled.removeIf(id -> request.toString().equals(requests.get(id)));
    }

    /** At the end: what was said of a request is what became of it. */
    void check(RequestRecord request) {
        Told last = told.get(request.id().toString());
        if (last == null || !last.event().equals("request." + request.status().wire())) {
            violated.accept(request + " was told as " + last);
        }
    }
}
