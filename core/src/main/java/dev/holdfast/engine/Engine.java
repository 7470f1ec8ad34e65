package dev.holdfast.engine;

import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Expired;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The promise keeper: takes asks, keeps them on disk, has them called within quota until they are
 * done, and tells those who wait (SPEC.md section 1).
 *
 * <p>Start reading at {@link #submit}; what leaves is in {@link Dispatcher}. Everything is decided
 * on the loop; methods may be called from any thread, and only those that say so block.
 */
public final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    /** Pause before lost attempts or expired requests are looked for again. */
    private static final Duration STORE_PAUSE = Duration.ofMillis(500);

    /** When asking again may help while the store cannot write. */
    private static final Duration STORE_RETRY = Duration.ofSeconds(1);

    /** When asking again may help while a queue is full. */
    private static final Duration QUEUE_RETRY = Duration.ofSeconds(30);

    /** Attempts of one request that are shown at most. */
    public static final int MAX_ATTEMPTS_SHOWN = 1000;

    private final EngineParts parts;
    private final Asking asking;
    private final Map<String, RoutePolicy> routes = new HashMap<>();
    private final Map<String, UpstreamPolicy> policies = new HashMap<>();
    private final Map<String, Dispatcher> dispatchers = new LinkedHashMap<>();
    private final Watches watches = new Watches();
    private final ResultCache results = new ResultCache();
    private final Following following;

    /** Asks that hope for a slot in time; looked through after each claim. */
    private final Set<HeldAsk> hoping = new HashSet<>();

    /** Asks that wait for their jobs. */
    private final Set<HeldAsk> waiting = new HashSet<>();

    private @Nullable Instant nextExpiry;
    private boolean settlingLost;
    private boolean closed;

    /** What a follower knows of a request. */
    public record Seen(Status status, int attempts) {
        static Seen of(RequestRecord request) {
            return new Seen(request.status(), request.attempts());
        }
    }

    /** Puts an engine together; {@link #start} sets it to work. Blocks on the store. */
    public Engine(EngineParts parts) {
        this.parts = parts;
        asking = new Asking(parts);
        following = new Following(parts, watches, this::view);
        parts.routes().forEach(route -> routes.put(route.path(), route));
        var told = new Dispatcher.Told(watches::tell, this::touchAll, this::dropHopeless);
        for (UpstreamPolicy policy : parts.policies()) {
            policies.put(policy.name(), policy);
            Upstream upstream = parts.upstreams().get(policy.name());
            if (upstream == null) {
                throw new IllegalArgumentException("no way to call upstream " + policy.name());
            }
            var state = parts.store().upstream(policy.name(), policy.quota());
            dispatchers.put(policy.name(), new Dispatcher(parts, policy, upstream, state, told));
        }
    }

    /** Takes up what an earlier process left, and begins to call. */
    public void start() {
        parts.store()
                .whenChanged(new Elsewhere(parts.loop(), dispatchers, watches, this::settleLost));
        parts.loop().execute(this::settleLost);
        parts.loop().execute(this::expire);
        parts.loop().execute(() -> dispatchers.values().forEach(Dispatcher::kick));
    }

    /** A result that this client got before, without the disk; null means: {@link #submit}. */
    public Answer.@Nullable Ready cached(Ask ask) {
        return ask.extras().equals(Ask.NO_EXTRAS)
                ? results.get(JobKey.of(ask.route(), ask.params()), ask.client(), now())
                : null;
    }

    /**
     * Takes an ask. The answer is a result or a failure if it comes within the ask's patience, else
     * a receipt, given at once when no result can come in time; it is never later than {@link
     * EngineParts#answerWithin}. The stage completes on the loop, never exceptionally.
     *
     * @throws IllegalArgumentException if the engine does not know the route
     */
    public CompletionStage<Answer> submit(Ask ask) {
        RoutePolicy route = routes.get(ask.route());
        UpstreamPolicy policy = route == null ? null : policies.get(route.upstream());
        if (route == null || policy == null) {
            throw new IllegalArgumentException("no such route: " + ask.route());
        }
        JobKey key = JobKey.of(ask.route(), ask.params());
        Answer ready =
                ask.extras().equals(Ask.NO_EXTRAS) ? results.get(key, ask.client(), now()) : null;
        if (ready != null) {
            return CompletableFuture.completedFuture(ready);
        }
        HeldAsk held = new HeldAsk(ask, key, policy, now().plus(ask.patience()));
        held.timer(parts.timer().after(parts.answerWithin(), () -> storeTooSlow(held)));
        if (ask.extras().expiresIn() == null) {
            accept(held, route);
        } else {
            parts.loop().execute(() -> acceptIfReachable(held, route));
        }
        return held.answer;
    }

    /** One request in the viewer's reach; blocks. */
    public Optional<RequestView> request(Viewer viewer, UUID id) {
        return parts.store().reads().request(viewer, id).map(this::view);
    }

    /** Requests in the viewer's reach, newest first; blocks. */
    public List<RequestView> list(Viewer viewer, Reads.Query query) {
        return parts.store().reads().list(viewer, query).stream().map(this::view).toList();
    }

    /** The upstream calls of a request in the viewer's reach, oldest first; blocks. */
    public List<Reads.AttemptRecord> attempts(Viewer viewer, UUID id) {
        return parts.store()
                .reads()
                .request(viewer, id)
                .map(r -> parts.store().reads().attempts(r.job(), MAX_ATTEMPTS_SHOWN))
                .orElse(List.of());
    }

    /**
     * Waits until a request is no longer as it was seen, at most so long, and gives it as it is
     * then; empty if it is not in the viewer's reach.
     *
     * @param seen what the follower knows, or null: it is as it is now
     */
    public CompletionStage<Optional<RequestView>> follow(
            Viewer viewer, UUID id, @Nullable Seen seen, Duration atMost) {
        return following.follow(viewer, id, seen, atMost);
    }

    /** Ends a request that is not final. */
    public CompletionStage<Ending> cancel(Viewer viewer, UUID id) {
        return ended(parts.store().cancel(viewer, id));
    }

    /** Queues a failed request anew. */
    public CompletionStage<Ending> retry(Viewer viewer, UUID id) {
        return ended(parts.store().retry(viewer, id));
    }

    /** Every upstream, in the order of the configuration. */
    public CompletionStage<List<UpstreamView>> upstreams() {
        return CompletableFuture.supplyAsync(
                () -> dispatchers.values().stream().map(Dispatcher::view).toList(), parts.loop());
    }

    /** One upstream; empty if there is none of that name. */
    public CompletionStage<Optional<UpstreamView>> upstream(String name) {
        return CompletableFuture.supplyAsync(
                () -> Optional.ofNullable(dispatchers.get(name)).map(Dispatcher::view),
                parts.loop());
    }

    /**
     * Stops or starts all calls to an upstream; survives restarts.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public CompletionStage<Void> pause(String name, boolean paused) {
        Dispatcher dispatcher = dispatchers.get(name);
        UpstreamPolicy policy = policies.get(name);
        if (dispatcher == null || policy == null) {
            throw new IllegalArgumentException("no such upstream: " + name);
        }
        return parts.store()
                .pause(name, paused)
                .thenApplyAsync(_ -> parts.store().upstream(name, policy.quota()), parts.readers())
                .thenAcceptAsync(dispatcher::refresh, parts.loop());
    }

    /** Where promises are kept. */
    public Store store() {
        return parts.store();
    }

    /** What the engine was made of. */
    public List<RoutePolicy> routes() {
        return parts.routes();
    }

    /**
     * Takes no more slots, and gives everyone who waits, and whoever asks from now on, a receipt at
     * once. Calls under way go on.
     */
    public void release() {
        parts.loop()
                .execute(
                        () -> {
                            closed = true;
                            dispatchers.values().forEach(Dispatcher::stop);
                            List.copyOf(waiting).forEach(this::outOfPatience);
                        });
    }

    /**
     * As {@link #release}; the stage completes when the calls under way have settled, or with
     * {@code atMost}.
     */
    public CompletionStage<Void> drain(Duration atMost) {
        release();
        CompletableFuture<Void> drained = new CompletableFuture<>();
        parts.loop()
                .execute(
                        () -> {
                            parts.timer().after(atMost, () -> drained.complete(null));
                            awaitCalls(drained);
                        });
        return drained;
    }

    @Override
    public void close() {
        parts.loop().execute(() -> dispatchers.values().forEach(Dispatcher::stop));
    }

    private void awaitCalls(CompletableFuture<Void> drained) {
        if (dispatchers.values().stream().allMatch(d -> d.underWay() == 0)) {
            drained.complete(null);
        } else if (!drained.isDone()) {
            parts.timer().after(Duration.ofMillis(20), () -> awaitCalls(drained));
        }
    }

    private void acceptIfReachable(HeldAsk held, RoutePolicy route) {
        Estimate estimate = dispatcher(held.policy).estimate();
        Instant first = estimate.firstCall(estimate.state().queued() + 1, now());
        Duration expiresIn = held.ask.extras().expiresIn();
        if (expiresIn != null && first.isAfter(now().plus(expiresIn))) {
            Duration wait = Duration.between(now(), first);
            held.answer(new Answer.Refused(Answer.Refusal.DEADLINE_UNREACHABLE, wait));
        } else {
            accept(held, route);
        }
    }

    private void accept(HeldAsk held, RoutePolicy route) {
        NewRequest request = asking.request(held.ask, held.key, route, held.policy);
        String traceparent = held.ask.traceparent();
        if (traceparent != null) {
            parts.watch().asked(request.id(), traceparent);
        }
        parts.store()
                .accept(request)
                .whenCompleteAsync((what, error) -> accepted(held, what, error), parts.loop());
    }

    private void accepted(HeldAsk held, @Nullable Accepted what, @Nullable Throwable error) {
        switch (what) {
            case null -> {
                LOG.debug("not accepted", error);
                held.answer(storeUnavailable());
            }
            case Accepted.Refused(Accepted.Why why) -> held.answer(refused(why));
            case Accepted.Held(RequestRecord request, Accepted.How how, long position) ->
                    kept(held, request, how, position);
        }
    }

    private void kept(HeldAsk held, RequestRecord request, Accepted.How how, long position) {
        expiresAt(held.ask.extras().expiresIn());
        held.kept(request, how == Accepted.How.COLLAPSED);
        Dispatcher dispatcher = dispatcher(held.policy);
        if (request.status().isFinal()) {
            ready(held, request, how == Accepted.How.CACHED);
            return;
        }
        if (how == Accepted.How.NEW) {
            dispatcher.jobQueued();
        }
        if (closed || held.isAnswered() || !mayComeInTime(held, request, position)) {
            held.answer(receipt(held));
            return;
        }
        watches.add(request.job(), new Waiting(held));
        waiting.add(held);
        CompletionStage<?> answer = held.answer;
        answer.whenCompleteAsync((_, _) -> waiting.remove(held), parts.loop());
        if (request.status() != Status.RUNNING) {
            hoping.add(held);
        }
        if (held.ask.patience().compareTo(parts.answerWithin()) < 0) {
            parts.timer().after(held.left(now()), () -> outOfPatience(held));
        }
    }

    /** An ask that waits for its job. */
    private final class Waiting implements Watches.Watcher {
        private final HeldAsk held;

        Waiting(HeldAsk held) {
            this.held = held;
        }

        @Override
        public boolean told(JobChange change) {
            if (held.isAnswered()) {
                if (change.status() == Status.SUCCEEDED) {
                    results.put(held.key, held.changed(change));
                }
                return !change.status().isFinal();
            }
            RequestRecord request = held.changed(change);
            hoping.remove(held);
            if (change.status().isFinal()) {
                ready(held, request, false);
                return false;
            }
            if (change.status() == Status.RETRYING && !mayComeInTime(held, request, 0)) {
                held.answer(receipt(held));
            }
            return true;
        }

        @Override
        public boolean touched() {
            return true;
        }

        @Override
        public boolean movedElsewhere() {
            if (!held.isAnswered()) {
                parts.readers().execute(this::look);
            }
            return !held.isAnswered();
        }

        private void look() {
            RequestRecord kept = held.kept();
            try {
                Viewer viewer = new Viewer(kept.client(), false);
                parts.store()
                        .reads()
                        .request(viewer, kept.id())
                        .ifPresent(found -> parts.loop().execute(() -> seen(found)));
            } catch (StoreUnavailable e) {
                LOG.debug("cannot look what became of {}", kept.id(), e);
            }
        }

        private void seen(RequestRecord request) {
            if (held.isAnswered()) {
                return;
            }
            held.kept(request, held.collapsed());
            if (request.status() != Status.QUEUED) {
                hoping.remove(held);
            }
            if (request.status().isFinal()) {
                watches.remove(request.job(), this);
                ready(held, request, false);
            } else if (request.status() == Status.RETRYING && !mayComeInTime(held, request, 0)) {
                held.answer(receipt(held));
            }
        }
    }

    private void ready(HeldAsk held, RequestRecord request, boolean hit) {
        results.put(held.key, request);
        Instant until = request.cachedUntil();
        Answer.Origin origin =
                hit && until != null
                        ? new Answer.Origin.Hit(until)
                        : new Answer.Origin.Miss(held.collapsed());
        held.answer(new Answer.Ready(new RequestView(request, 0, 0), origin));
    }

    private boolean mayComeInTime(HeldAsk held, RequestRecord request, long position) {
        Instant now = now();
        if (!now.isBefore(held.until)) {
            return false;
        }
        Estimate estimate = dispatcher(held.policy).estimate();
        return switch (request.status()) {
            case RUNNING -> true;
            case QUEUED -> !estimate.firstCall(position, now).isAfter(held.until);
            case RETRYING -> {
                Instant due = request.dueAt();
                Instant at = estimate.firstCall(1, now);
                yield !at.isAfter(held.until) && (due == null || !due.isAfter(held.until));
            }
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED -> true;
        };
    }

    private void dropHopeless() {
        for (HeldAsk held : List.copyOf(hoping)) {
            RequestRecord request = held.kept();
            long position = parts.store().position(request.upstream(), request.turn());
            if (held.isAnswered()) {
                hoping.remove(held);
            } else if (!mayComeInTime(held, request, position)) {
                hoping.remove(held);
                held.answer(receipt(held));
            }
        }
    }

    private void storeTooSlow(HeldAsk held) {
        if (held.isKept()) {
            outOfPatience(held);
        } else {
            held.answer(storeUnavailable());
        }
    }

    private void outOfPatience(HeldAsk held) {
        hoping.remove(held);
        if (!held.isAnswered()) {
            held.answer(receipt(held));
        }
    }

    private Answer receipt(HeldAsk held) {
        return new Answer.Receipt(view(held.kept()), held.collapsed());
    }

    private Answer.Refused refused(Accepted.Why why) {
        return switch (why) {
            case KEY_REUSED -> new Answer.Refused(Answer.Refusal.IDEMPOTENCY_KEY_REUSED, null);
            case TOO_MANY_PENDING ->
                    new Answer.Refused(Answer.Refusal.TOO_MANY_PENDING, QUEUE_RETRY);
            case QUEUE_FULL -> new Answer.Refused(Answer.Refusal.QUEUE_FULL, QUEUE_RETRY);
        };
    }

    private static Answer storeUnavailable() {
        return new Answer.Refused(Answer.Refusal.STORE_UNAVAILABLE, STORE_RETRY);
    }

    /** A request with its place and prospects. */
    private RequestView view(RequestRecord request) {
        Dispatcher dispatcher = dispatchers.get(request.upstream());
        if (request.status().isFinal() || dispatcher == null) {
            return new RequestView(request, 0, 0);
        }
        Instant now = now();
        Estimate estimate = dispatcher.estimate();
        long position = 0;
        Instant done;
        switch (request.status()) {
            case QUEUED -> {
                position = Math.max(1, parts.store().position(request.upstream(), request.turn()));
                done = estimate.done(position, now);
            }
            case RETRYING -> {
                Instant due = request.dueAt();
                done = estimate.retried(due == null ? now : due, now);
            }
            default -> done = now.plus(estimate.latency());
        }
        long millis = Math.max(0, Duration.between(now, done).toMillis());
        return new RequestView(request, position, Math.max(1, Math.ceilDiv(millis, 1000)));
    }

    private CompletionStage<Ending> ended(CompletionStage<Ending> writing) {
        return writing.thenApplyAsync(
                ending -> {
                    RequestRecord request = ending.request();
                    if (request != null && ending.what() == Ending.What.DONE) {
                        watches.touch(request.job());
                        dispatcher(request.upstream()).ifPresent(Dispatcher::kick);
                    }
                    if (!ending.deliveries().isEmpty()) {
                        parts.deliveries().accept(ending.deliveries());
                    }
                    return ending;
                },
                parts.loop());
    }

    private void settleLost() {
        if (settlingLost) {
            return;
        }
        settlingLost = true;
        parts.store()
                .orphans()
                .whenCompleteAsync(
                        (lost, error) -> {
                            settlingLost = false;
                            if (lost == null) {
                                LOG.warn("lost attempts cannot be read yet", error);
                                parts.timer().after(STORE_PAUSE, this::settleLost);
                                return;
                            }
                            for (ClaimedJob job : lost) {
                                dispatcher(job.upstream()).ifPresent(d -> d.settleLost(job));
                            }
                        },
                        parts.loop());
    }

    private void expiresAt(@Nullable Duration expiresIn) {
        if (expiresIn != null) {
            expireAt(now().plus(expiresIn));
        }
    }

    private void expireAt(Instant at) {
        Instant set = nextExpiry;
        if (set == null || at.isBefore(set)) {
            nextExpiry = at;
            parts.timer().after(Duration.between(now(), at), this::expire);
        }
    }

    private void expire() {
        nextExpiry = null;
        parts.store().expire().whenCompleteAsync(this::expired, parts.loop());
    }

    private void expired(@Nullable Expired expired, @Nullable Throwable error) {
        if (expired == null) {
            LOG.warn("expired requests cannot be ended yet", error);
            expireAt(now().plus(STORE_PAUSE));
            return;
        }
        touchAll(expired.requests());
        if (!expired.deliveries().isEmpty()) {
            parts.deliveries().accept(expired.deliveries());
        }
        if (expired.next() != null) {
            expireAt(expired.next());
        }
    }

    private void touchAll(List<RequestRecord> requests) {
        for (RequestRecord request : new ArrayList<>(requests)) {
            watches.touch(request.job());
        }
    }

    private Dispatcher dispatcher(UpstreamPolicy policy) {
        return dispatcher(policy.name()).orElseThrow();
    }

    private Optional<Dispatcher> dispatcher(String upstream) {
        return Optional.ofNullable(dispatchers.get(upstream));
    }

    private Instant now() {
        return parts.store().clock().instant();
    }
}
