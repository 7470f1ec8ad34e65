package dev.holdfast.engine;

import dev.holdfast.engine.EngineParts.Configured;
import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.engine.partition.Glances;
import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.engine.partition.PartitionDesk;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.store.Batches;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Ending;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.UpstreamState;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The promise keeper: takes asks, keeps them on disk, has them called within quota until they are
 * done, and tells those who wait (P1 to P6 of the README).
 *
 * <p>Start reading at {@link #submit}; what leaves is in {@link Dispatcher}. Everything is decided
 * on the loop; methods may be called from any thread, and only those that say so block.
 */
public final class Engine implements AutoCloseable {
    /** Attempts of one request that are shown at most. */
    public static final int MAX_ATTEMPTS_SHOWN = 1000;

    /** Of a caller who waits for as long as it said. */
    private static final CompletionStage<Void> NEVER =
            new CompletableFuture<Void>().minimalCompletionStage();

    /** Longest time that the store gets for a reload; then all stays as it was. */
    public static final Duration RELOAD_WITHIN = Duration.ofSeconds(20);

    /** When to ask again after what is over in a moment. */
    private static final Duration SOON = Duration.ofSeconds(1);

    private final EngineParts parts;
    private final Dispatcher.Told told;

    /** Also of upstreams that were taken out, which are told of no more: some may come back. */
    private final Map<String, Dispatcher> dispatchers = new ConcurrentHashMap<>();

    private volatile Configured configured;

    /** Routes that were taken out since the start. */
    private final Set<String> gone = ConcurrentHashMap.newKeySet();

    private final Watches watches = new Watches();
    private final StoreLog trouble;
    private final Expiry expiry;
    private final Views views;
    private final Asks asks;
    private final Following following;
    private final OwnBook book;
    private final Glances glances;
    private final PartitionDesk partitions;
    private boolean settlingLost;

    /** Puts an engine together; {@link #start} sets it to work. Blocks on the store. */
    public Engine(EngineParts parts) {
        this.parts = parts;
        trouble = new StoreLog(parts.store().clock());
        expiry = new Expiry(parts, trouble, this::touchAll);
        book = new OwnBook(parts.store(), parts.loop(), parts.readers(), parts.timer(), trouble);
        glances =
                new Glances(
                        parts.store(),
                        name -> {
                            UpstreamPolicy policy = configured.policies().get(name);
                            return policy == null ? null : policy.partitions();
                        },
                        parts.readers());
        views = new Views(parts, dispatchers, glances, book);
        asks = new Asks(parts, dispatchers, watches, expiry, views, book, glances);
        following = new Following(parts, watches, views::of);
        partitions =
                new PartitionDesk(
                        parts.store(),
                        this::parted,
                        parts.loop(),
                        book,
                        name -> {
                            glances.forget();
                            dispatcher(name).ifPresent(Dispatcher::kick);
                        });
        told =
                new Dispatcher.Told(
                        watches::tell,
                        this::touchAll,
                        asks::dropHopeless,
                        this::freed,
                        name -> dispatcher(name).ifPresent(Dispatcher::kick),
                        watches::touch);
        configured = Configured.of(parts.policies(), parts.routes(), parts.upstreams());
        readOwn(configured);
        dispatchers.putAll(made(configured));
    }

    /** What partitions have of their own, of upstreams that have some. Blocks. */
    private void readOwn(Configured of) {
        of.routes().values().stream()
                .filter(route -> route.partition() != null)
                .map(RoutePolicy::upstream)
                .distinct()
                .forEach(book::read);
    }

    /** The dispatchers of those that there is none of yet. Blocks. */
    private Map<String, Dispatcher> made(Configured of) {
        Map<String, Dispatcher> made = new HashMap<>();
        for (UpstreamPolicy policy : of.policies().values()) {
            if (!dispatchers.containsKey(policy.name())) {
                made.put(
                        policy.name(),
                        new Dispatcher(
                                parts,
                                policy,
                                of.upstream(policy.name()),
                                of.homes(),
                                state(policy),
                                trouble,
                                told));
            }
        }
        return made;
    }

    private UpstreamState state(UpstreamPolicy policy) {
        return parts.store()
                .upstream(
                        policy.name(), policy.quota(), policy.units(), policy.credentials().all());
    }

    /** Takes up what an earlier process left, and begins to call. */
    public void start() {
        parts.store()
                .whenChanged(
                        new Elsewhere(parts.loop(), dispatchers, book, watches, this::settleLost));
        parts.loop().execute(this::identify);
        parts.loop().execute(expiry::run);
    }

    /** Before the first call: it is to count in the right ledger. */
    private void identify() {
        Map<String, String> identities = configured.identities();
        Map<String, List<ClaimAsk.Credential>> pools = configured.pools();
        if (identities.isEmpty()) {
            begin();
            return;
        }
        Results.ask(() -> parts.store().identify(identities, pools))
                .whenCompleteAsync(
                        (_, error) -> {
                            if (error == null) {
                                begin();
                            } else {
                                trouble.failed("upstreams cannot be told apart", error);
                                parts.timer().after(StoreLog.PAUSE, this::identify);
                            }
                        },
                        parts.loop());
    }

    private void begin() {
        settleLost();
        dispatchers.values().forEach(Dispatcher::begin);
    }

    /** A slot may be another's too, if both call the same, or with the same credential. */
    private void freed(UpstreamPolicy policy) {
        Set<String> ledgers = policy.ledgers();
        if (ledgers.isEmpty() || configured.policies().size() == 1) {
            return;
        }
        for (UpstreamPolicy other : configured.policies().values()) {
            if (!other.name().equals(policy.name())
                    && !Collections.disjoint(ledgers, other.ledgers())) {
                dispatcher(other.name()).ifPresent(Dispatcher::kick);
            }
        }
    }

    /** A result that this client got before, without the disk; null means: {@link #submit}. */
    public Answer.@Nullable Ready cached(Ask ask) {
        return asks.known(ask);
    }

    /**
     * Takes an ask. The answer is a result or a failure if it comes within the ask's patience, else
     * a receipt, given at once when no result can come in time; it is never later than {@link
     * EngineParts#answerWithin}. The stage completes on the loop, or on a reader's thread with a
     * large result that was known, never exceptionally.
     *
     * @throws IllegalArgumentException if the engine does not know the route
     */
    public CompletionStage<Answer> submit(Ask ask) {
        return submit(ask, _ -> {});
    }

    /**
     * As {@link #submit(Ask)}.
     *
     * @param named told before this returns what the request's id is if it is kept as a new one
     */
    public CompletionStage<Answer> submit(Ask ask, Consumer<UUID> named) {
        return submit(ask, named, NEVER);
    }

    /**
     * As {@link #submit(Ask, Consumer)}.
     *
     * @param enough completes, on any thread, when its caller waits no longer: then it gets a
     *     receipt, unless its result is being read
     */
    public CompletionStage<Answer> submit(
            Ask ask, Consumer<UUID> named, CompletionStage<Void> enough) {
        Configured now = configured;
        if (isGone(now, ask.route())) {
            // Its door was closed while it came in: whoever asks again is told so.
            return CompletableFuture.completedStage(
                    new Answer.Refused(Answer.Refusal.STORE_UNAVAILABLE, SOON));
        }
        RoutePolicy route = now.route(ask.route());
        return asks.take(ask, route, now.policy(route), named, enough);
    }

    /** What an ask is as a line of a batch, for which nobody waits. */
    public sealed interface AsLine {
        /** It may be written, by {@link #submit(Batches.Slice)}. */
        record Right(NewRequest ask) implements AsLine {}

        /** Its call takes more of a unit than a window of the quota has. */
        record TooDear() implements AsLine {}

        /** A reload took out its route. */
        record Gone() implements AsLine {}
    }

    /**
     * Has an ask be a line of a batch.
     *
     * @throws IllegalArgumentException if the engine never knew the route
     */
    public AsLine line(Ask ask) {
        Configured now = configured;
        if (isGone(now, ask.route())) {
            return new AsLine.Gone();
        }
        RoutePolicy route = now.route(ask.route());
        NewRequest line = asks.line(ask, route, now.policy(route));
        return line == null ? new AsLine.TooDear() : new AsLine.Right(line);
    }

    private boolean isGone(Configured now, String route) {
        return !now.routes().containsKey(route) && gone.contains(route);
    }

    /**
     * Writes lines of a batch, and has called what is new of them. The stage fails with {@link
     * StoreUnavailable}, and nothing is written, if a reload took out the route of one since it was
     * made.
     */
    public CompletionStage<Batches.Written> submit(Batches.Slice slice) {
        Configured now = configured;
        for (Batches.Line line : slice.lines()) {
            if (line instanceof Batches.Line.Good(NewRequest ask)
                    && !now.routes().containsKey(ask.route())) {
                return CompletableFuture.failedStage(
                        new StoreUnavailable("a reload took out the route of some lines", null));
            }
        }
        return parts.store()
                .batches()
                .write(slice)
                .thenApplyAsync(
                        written -> {
                            written.decided().forEach(asks::keptLine);
                            slice.lines().forEach(asks::mayExpire);
                            return written;
                        },
                        parts.loop());
    }

    /** Lines of a batch, in order, after one; blocks. */
    public List<RequestView> lines(Batches.BatchRecord batch, int after, int limit) {
        return views.of(parts.store().batches().lines(batch, after, limit));
    }

    /** The line of a batch that is done last, about, if it is not; blocks. */
    public Optional<RequestView> lastUnfinished(Batches.BatchRecord batch) {
        return parts.store().batches().lastUnfinished(batch).map(views::of);
    }

    /** Jobs that somebody in this process waits for. */
    int watched() {
        return watches.jobs();
    }

    /** One request in the viewer's reach; blocks. */
    public Optional<RequestView> request(Viewer viewer, UUID id) {
        return parts.store().reads().request(viewer, id).map(views::of);
    }

    /**
     * A part of a list.
     *
     * @param next the id to go on before, or null if there is no more
     */
    public record Page(List<RequestView> requests, @Nullable UUID next) {}

    /** Requests in the viewer's reach, newest first, as {@link Reads#page} says; blocks. */
    public Page list(Viewer viewer, Reads.Query query) {
        Reads.Page page = parts.store().reads().page(viewer, query);
        return new Page(views.of(page.requests()), page.next());
    }

    /** The upstream calls of a request in the viewer's reach, oldest first; blocks. */
    public List<Reads.AttemptRecord> attempts(Viewer viewer, UUID id) {
        return parts.store()
                .reads()
                .request(viewer, id)
                .map(r -> parts.store().reads().attempts(r, MAX_ATTEMPTS_SHOWN))
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
        return ended(parts.store().retry(viewer, id, this::isCalled));
    }

    /** Whether one that is queued anew would be called; from any thread. */
    private boolean isCalled(RequestRecord request) {
        Configured now = configured;
        return now.routes().containsKey(request.route())
                && now.policies().containsKey(request.upstream());
    }

    /** Changes what is wanted of a request that waits, as {@link Store#change} says. */
    public CompletionStage<Ending> change(Viewer viewer, UUID id, Store.Wish wish) {
        return ended(parts.store().change(viewer, id, wish));
    }

    /** Every upstream, in the order of the configuration, with how long its oldest has waited. */
    public CompletionStage<List<UpstreamView>> upstreams() {
        return looks(configured.homes())
                .thenApplyAsync(
                        looks ->
                                configured.policies().keySet().stream()
                                        .flatMap(name -> view(name, looks.get(name)).stream())
                                        .toList(),
                        parts.loop());
    }

    /** Those partitions that have figures of their own, by their upstreams' names. */
    public CompletionStage<Map<String, List<PartitionView>>> measured() {
        return views.measured(configured.policies().values());
    }

    /** One upstream, likewise; empty if there is none of that name. */
    public CompletionStage<Optional<UpstreamView>> upstream(String name) {
        Map<String, String> homes = configured.homes();
        homes.values().removeIf(home -> !home.equals(name));
        return looks(homes).thenApplyAsync(looks -> view(name, looks.get(name)), parts.loop());
    }

    private CompletionStage<Map<String, UpstreamView.Look>> looks(Map<String, String> homes) {
        Set<String> parted =
                configured.routes().values().stream()
                        .filter(route -> route.partition() != null)
                        .map(RoutePolicy::upstream)
                        .collect(Collectors.toSet());
        return views.looks(homes, parted);
    }

    /**
     * The same from memory alone, for what thousands a second ask for: how long its oldest has
     * waited is not known.
     */
    public CompletionStage<Optional<UpstreamView>> glance(String name) {
        return CompletableFuture.supplyAsync(() -> view(name, null), parts.loop());
    }

    private Optional<UpstreamView> view(String name, UpstreamView.@Nullable Look look) {
        return Optional.ofNullable(configured.policies().get(name))
                .map(policy -> dispatchers.get(policy.name()))
                .map(dispatcher -> dispatcher.view(look == null ? UpstreamView.Look.NONE : look));
    }

    /**
     * Stops or starts all calls to an upstream; survives restarts. Starting one that is not paused
     * ends the wait after a 429 or a 401.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public CompletionStage<Void> pause(String name, boolean paused) {
        Dispatcher dispatcher = dispatchers.get(name);
        UpstreamPolicy policy = configured.policies().get(name);
        if (dispatcher == null || policy == null) {
            throw new IllegalArgumentException("no such upstream: " + name);
        }
        return parts.store()
                .pause(name, paused)
                .thenApplyAsync(_ -> state(policy), parts.readers())
                .thenAcceptAsync(
                        fresh -> {
                            glances.forget();
                            dispatcher.refresh(fresh);
                        },
                        parts.loop());
    }

    /** Parts of upstreams' queues. */
    public PartitionDesk partitions() {
        return partitions;
    }

    private PartitionDesk.@Nullable Parted parted(String upstream) {
        Configured now = configured;
        UpstreamPolicy policy = now.policies().get(upstream);
        List<RoutePolicy> parted =
                now.routes().values().stream()
                        .filter(route -> route.upstream().equals(upstream))
                        .filter(route -> route.partition() != null)
                        .toList();
        return policy == null || parted.isEmpty()
                ? null
                : new PartitionDesk.Parted(
                        policy.partitions(),
                        parted.stream()
                                .flatMap(route -> route.costs().keySet().stream())
                                .collect(Collectors.toSet()));
    }

    /** Where promises are kept. */
    public Store store() {
        return parts.store();
    }

    /** The kinds of calls that are in force. */
    public List<RoutePolicy> routes() {
        return List.copyOf(configured.routes().values());
    }

    /**
     * Has other routes, quotas and ways to call in force from now on. Calls under way end as they
     * left; what waits is called as is said now. An upstream whose calls count in another ledger
     * than before, because its address or credential changed, is left alone until that is on disk.
     *
     * @param upstreams how each upstream is called, by its name; the same as before where nothing
     *     changed
     * @return completes when it is in force, or exceptionally, after {@link #RELOAD_WITHIN} at the
     *     latest, and then all is as it was
     */
    public CompletionStage<Void> reload(
            Map<String, Upstream> upstreams,
            List<UpstreamPolicy> policies,
            List<RoutePolicy> routes) {
        Configured next = Configured.of(policies, routes, upstreams);
        CompletableFuture<Void> inForce = new CompletableFuture<>();
        parts.loop().execute(() -> reload(next, inForce));
        return inForce;
    }

    private void reload(Configured next, CompletableFuture<Void> inForce) {
        hold(next);
        Timer.Cancel late =
                parts.timer()
                        .after(
                                RELOAD_WITHIN,
                                () -> stay(inForce, new StoreUnavailable("it is too slow", null)));
        Results.ask(
                        () ->
                                next.identities().isEmpty()
                                        ? CompletableFuture.<Void>completedStage(null)
                                        : parts.store().identify(next.identities(), next.pools()))
                .thenApplyAsync(
                        _ -> {
                            readOwn(next);
                            return new Ready(made(next), states(next));
                        },
                        parts.readers())
                .whenCompleteAsync(
                        (ready, error) -> {
                            late.cancel();
                            if (error != null) {
                                stay(inForce, error);
                            } else if (!inForce.isDone()) {
                                change(next, ready);
                                inForce.complete(null);
                            }
                        },
                        parts.loop());
    }

    private void stay(CompletableFuture<Void> inForce, Throwable error) {
        if (!inForce.isDone()) {
            asBefore();
            inForce.completeExceptionally(error);
        }
    }

    /** A change failed: its calls are held until the store counts them as before. */
    private void asBefore() {
        Configured now = configured;
        Results.ask(() -> parts.store().identify(now.identities(), now.pools()))
                .whenCompleteAsync(
                        (_, error) -> {
                            if (error == null) {
                                now.policies()
                                        .keySet()
                                        .forEach(n -> dispatcher(n).ifPresent(Dispatcher::goOn));
                            } else {
                                parts.timer().after(Results.STORE_PAUSE, this::asBefore);
                            }
                        },
                        parts.loop());
    }

    /** What a change of the configuration has read. */
    private record Ready(Map<String, Dispatcher> made, Map<String, UpstreamState> states) {}

    private Map<String, UpstreamState> states(Configured next) {
        Map<String, UpstreamState> states = new HashMap<>();
        next.policies().values().forEach(policy -> states.put(policy.name(), state(policy)));
        return states;
    }

    /** No call leaves that would count in a ledger which its upstream has no more. */
    private void hold(Configured next) {
        for (UpstreamPolicy now : configured.policies().values()) {
            UpstreamPolicy then = next.policies().get(now.name());
            if (then == null || !now.ledgers().equals(then.ledgers())) {
                dispatcher(now.name()).ifPresent(Dispatcher::hold);
            }
        }
    }

    private void change(Configured next, Ready ready) {
        ready.made().forEach(dispatchers::putIfAbsent);
        gone.addAll(configured.routes().keySet());
        configured = next;
        glances.forget();
        for (Map.Entry<String, UpstreamPolicy> each : next.policies().entrySet()) {
            String name = each.getKey();
            dispatcher(name)
                    .ifPresent(
                            dispatcher ->
                                    dispatcher.change(
                                            each.getValue(),
                                            next.upstream(name),
                                            next.homes(),
                                            ready.states().get(name)));
        }
    }

    /**
     * Takes no more slots, and gives everyone who waits, and whoever asks from now on, a receipt at
     * once. Calls under way go on.
     */
    public void release() {
        parts.loop()
                .execute(
                        () -> {
                            dispatchers.values().forEach(Dispatcher::stop);
                            asks.release();
                        });
    }

    /**
     * As {@link #release}; the stage completes when no claim, call or settlement is under way, or
     * with {@code atMost}. What the store still hands over meanwhile goes back unmade.
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
        if (dispatchers.values().stream().noneMatch(Dispatcher::busy)) {
            drained.complete(null);
        } else if (!drained.isDone()) {
            parts.timer().after(Duration.ofMillis(20), () -> awaitCalls(drained));
        }
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
        Results.ask(parts.store()::orphans)
                .whenCompleteAsync(
                        (lost, error) -> {
                            settlingLost = false;
                            if (lost == null) {
                                trouble.failed("lost calls cannot be read", error);
                                parts.timer().after(StoreLog.PAUSE, this::settleLost);
                                return;
                            }
                            for (ClaimedJob job : lost) {
                                dispatcher(job.upstream()).ifPresent(d -> d.settleLost(job));
                            }
                        },
                        parts.loop());
    }

    private void touchAll(List<RequestRecord> requests) {
        for (RequestRecord request : new ArrayList<>(requests)) {
            watches.touch(request.job());
        }
    }

    private Optional<Dispatcher> dispatcher(String upstream) {
        return Optional.ofNullable(dispatchers.get(upstream));
    }
}
