package dev.holdfast.engine;

import dev.holdfast.engine.RequestView.WaitingFor;
import dev.holdfast.engine.partition.Glances;
import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.partition.Partitions;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Requests with their places and prospects, as the outside sees them, and what views of upstreams
 * look up; safe for many threads.
 */
final class Views {
    /** A disk that is silent for so long leaves it unknown: figures are wanted then most. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final EngineParts parts;
    private final Store store;
    private final Map<String, Dispatcher> dispatchers;

    private final Glances glances;
    private final OwnBook book;

    Views(EngineParts parts, Map<String, Dispatcher> dispatchers, Glances glances, OwnBook book) {
        this.book = book;
        this.glances = glances;
        this.parts = parts;
        this.store = parts.store();
        this.dispatchers = dispatchers;
    }

    /** One; blocks where it is in a partition. */
    RequestView of(RequestRecord request) {
        return of(List.of(request)).getFirst();
    }

    /** Some, in their order; blocks where they are in partitions. */
    List<RequestView> of(List<RequestRecord> requests) {
        Map<String, Set<String>> open = new HashMap<>();
        for (RequestRecord request : requests) {
            if (request.partition() != null && !request.status().isFinal()) {
                open.computeIfAbsent(request.upstream(), _ -> new HashSet<>())
                        .add(request.partition());
            }
        }
        Map<String, Map<String, Partitions.Seen>> seen = new HashMap<>();
        open.forEach((upstream, keys) -> seen.put(upstream, glances.read(upstream, keys)));
        return requests.stream()
                .map(
                        request -> {
                            String key = request.partition();
                            var its = seen.get(request.upstream());
                            return of(request, its == null || key == null ? null : its.get(key));
                        })
                .toList();
    }

    /**
     * One.
     *
     * @param partition how its partition stands, if it is in one; null if nobody knows
     */
    RequestView of(RequestRecord request, Partitions.@Nullable Seen partition) {
        Dispatcher dispatcher = dispatchers.get(request.upstream());
        if (request.status().isFinal() || dispatcher == null) {
            return RequestView.ended(request);
        }
        Instant now = store.clock().instant();
        Estimate all = dispatcher.estimate();
        Estimate estimate = partition == null ? all : all.in(partition);
        long position = 0;
        Instant done;
        switch (request.status()) {
            case QUEUED -> {
                position =
                        Math.max(
                                1,
                                store.position(
                                        request.queue(), request.jobPriority(), request.turn()));
                done = estimate.done(request.route(), position, now);
            }
            case SCHEDULED -> {
                Instant start = start(store, request, now);
                done = estimate.scheduled(request.route(), request.jobPriority(), start, now);
            }
            case RETRYING -> {
                Instant due = request.dueAt();
                done =
                        estimate.retried(
                                request.route(),
                                request.job(),
                                request.attempts(),
                                request.jobPriority(),
                                due == null ? now : due,
                                now);
            }
            default ->
                    done =
                            estimate.running(
                                    request.route(), request.job(), request.attempts(), now);
        }
        long millis = Math.max(0, Duration.between(now, done).toMillis());
        boolean stopped = estimate.paused() || (partition == null && isPaused(request));
        WaitingFor why = waitingFor(request, position, stopped, estimate, now);
        boolean open =
                (partition != null || request.partition() == null)
                        && why != WaitingFor.PAUSED
                        && why != WaitingFor.UNAUTHORIZED
                        && why != WaitingFor.BREAKER;
        Long seconds = Math.max(1, Math.ceilDiv(millis, 1000));
        return new RequestView(request, position, open ? seconds : null, why);
    }

    private static @Nullable WaitingFor waitingFor(
            RequestRecord request, long position, boolean paused, Estimate estimate, Instant now) {
        if (request.status() == Status.RUNNING) {
            return null;
        }
        if (paused) {
            return WaitingFor.PAUSED;
        }
        if (estimate.standing().anyMatch(one -> one.unauthorizedSince() != null)) {
            return WaitingFor.UNAUTHORIZED;
        }
        if (estimate.state().absence() != null) {
            return WaitingFor.BREAKER;
        }
        if (estimate.standing().anyMatch(one -> isAhead(one.closedUntil(), now))) {
            return WaitingFor.CLOSED;
        }
        if (request.status() == Status.SCHEDULED) {
            return WaitingFor.TIME;
        }
        if (isAhead(request.dueAt(), now)) {
            return WaitingFor.BACKOFF;
        }
        return position > 1 ? WaitingFor.TURN : WaitingFor.SLOT;
    }

    /** Whether its partition is, as far as that is known without a look. */
    private boolean isPaused(RequestRecord request) {
        String partition = request.partition();
        return partition != null && book.of(request.upstream(), partition).paused();
    }

    /** When a scheduled request's time comes, in steady time, if nobody sets the wall clock. */
    static Instant start(Store store, RequestRecord request, Instant now) {
        Instant at = request.startsAt();
        return at == null ? now : now.plus(Duration.between(store.wall().instant(), at));
    }

    /**
     * Looks each upstream up, by its name; empty if the store does not answer. Costs a look into an
     * index for each route, and some for each upstream with partitions.
     *
     * @param homes the upstreams that the routes are called at, by the routes' paths
     * @param parted those of them with partitions
     */
    CompletionStage<Map<String, UpstreamView.Look>> looks(
            Map<String, String> homes, Set<String> parted) {
        return read(() -> look(homes, parted));
    }

    /**
     * Looks those partitions up that have figures of their own, by their upstreams' names; empty if
     * the store does not answer.
     */
    CompletionStage<Map<String, List<PartitionView>>> measured(Collection<UpstreamPolicy> some) {
        List<UpstreamPolicy> measuring =
                some.stream().filter(policy -> !policy.measured().isEmpty()).toList();
        return measuring.isEmpty()
                ? CompletableFuture.completedStage(Map.of())
                : read(() -> look(measuring));
    }

    private Map<String, List<PartitionView>> look(List<UpstreamPolicy> measuring) {
        Map<String, List<PartitionView>> all = new HashMap<>();
        for (UpstreamPolicy policy : measuring) {
            Instant now = store.clock().instant();
            all.put(
                    policy.name(),
                    store
                            .partitions()
                            .some(policy.name(), policy.partitions(), policy.measured())
                            .stream()
                            .map(seen -> PartitionView.of(seen, now))
                            .toList());
        }
        return all;
    }

    /** What is read from the store; nothing, if that does not answer soon. */
    private <V> CompletionStage<Map<String, V>> read(Supplier<Map<String, V>> look) {
        CompletableFuture<Map<String, V>> looks = new CompletableFuture<>();
        parts.timer().after(PATIENCE, () -> looks.complete(Map.of()));
        try {
            parts.readers()
                    .execute(
                            () -> {
                                try {
                                    looks.complete(look.get());
                                } catch (RuntimeException e) {
                                    looks.complete(Map.of()); // the store cannot read
                                }
                            });
        } catch (RejectedExecutionException e) {
            looks.complete(Map.of()); // the process stops, and somebody looks all the same
        }
        return looks;
    }

    private Map<String, UpstreamView.Look> look(Map<String, String> homes, Set<String> parted) {
        Map<String, Duration> ages = new HashMap<>();
        for (Map.Entry<String, String> each : homes.entrySet()) {
            Optional<Instant> since = store.reads().waitingSince(each.getKey());
            Duration age =
                    since.map(at -> Duration.between(at, store.clock().instant()))
                            .filter(Duration::isPositive)
                            .orElse(Duration.ZERO);
            ages.merge(
                    each.getValue(), age, (one, other) -> one.compareTo(other) > 0 ? one : other);
        }
        Map<String, UpstreamView.Look> looks = new HashMap<>();
        ages.forEach(
                (name, age) ->
                        looks.put(
                                name,
                                new UpstreamView.Look(
                                        age,
                                        parted.contains(name)
                                                ? store.partitions().counts(name)
                                                : null)));
        return looks;
    }

    private static boolean isAhead(@Nullable Instant at, Instant now) {
        return at != null && at.isAfter(now);
    }
}
