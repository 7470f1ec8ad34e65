package dev.holdfast.simulation.replicas;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.simulation.Violation;
import dev.holdfast.simulation.World;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.postgresql.SimulatedDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One seed of several processes on one real PostgreSQL: the real engines on the real stores, on
 * virtual time, which stands while a store has something in hand. Whatever the seed breaks, after
 * every step the promises are checked.
 */
final class ReplicasSimulation {
    static final Duration FAULTS_END = Duration.ofSeconds(20);
    private static final Duration LATEST = Duration.ofSeconds(90);
    static final Duration REASK = Duration.ofSeconds(1);
    private static final int UPSTREAMS = 2;

    /** Longer than the slowest way for one to hear what another did: two life signs. */
    private static final long SLACK = Duration.ofMillis(2500).toNanos();

    /** After a fault: a lease that runs out, and a call that is waited for. */
    private static final long OVER_IN = Duration.ofSeconds(8).toNanos();

    private static final Duration LOOK = Duration.ofSeconds(1);

    /** Real time within which a store does anything. */
    static final long WAIT_SECONDS = 45;

    private static final List<Quota> QUOTAS =
            List.of(
                    quota(new Window(5, Duration.ofSeconds(5))),
                    quota(
                            new Window(3, Duration.ofSeconds(2)),
                            new Window(9, Duration.ofSeconds(10))),
                    quota(new Window(1, Duration.ofSeconds(1))));

    final World world;
    final SimulatedDatabase database = new SimulatedDatabase();
    final ReplicasFaults faults;
    final ReplicasCallers callers;
    final Map<String, SharedApi> apis = new LinkedHashMap<>();
    private final List<@Nullable Replica> replicas = new ArrayList<>();
    private final Map<String, Map<String, Long>> waiting = new HashMap<>();
    private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
    private final ConcurrentMap<String, Integer> inHand = new ConcurrentHashMap<>();
    private final Map<Long, Long> unsettledSince = new HashMap<>();
    private @Nullable Violation violation;

    /**
     * What the stores have in hand; whoever is told by another thread runs when it is looked at.
     */
    private final class InHand implements Replica.Work {
        @Override
        public void begun(String what) {
            inHand.merge(what, 1, Integer::sum);
        }

        @Override
        public void over(String what) {
            inHand.computeIfPresent(what, (_, n) -> n == 1 ? null : n - 1);
        }

        @Override
        public void execute(Runnable task) {
            inbox.add(task);
        }
    }

    ReplicasSimulation(long seed) {
        world = new World(seed);
        for (int i = 0; i < UPSTREAMS; i++) {
            String name = "api-" + i;
            Map<String, Long> queued = new TreeMap<>();
            waiting.put(name, queued);
            Quota quota = QUOTAS.get(world.random.nextInt(QUOTAS.size()));
            apis.put(name, new SharedApi(world, quota, queued::remove, this::violate));
        }
        callers = new ReplicasCallers(this);
        faults = new ReplicasFaults(this, seed);
        int machines = 2 + world.random.nextInt(2);
        for (int i = 0; i < machines; i++) {
            replicas.add(null);
            start(i);
        }
    }

    private static Quota quota(Window... windows) {
        return new Quota(List.of(windows));
    }

    /** Plays the seed; throws {@link Violation} if a promise is broken. */
    void run() {
        int bursts = 2 + world.random.nextInt(4);
        for (int i = 0; i < bursts; i++) {
            world.after(
                    world.between(Duration.ZERO, FAULTS_END.multipliedBy(4).dividedBy(5)),
                    callers::burst);
        }
        faults.plan();
        world.after(LOOK, this::checkNothingHangs);
        boolean[] over = {false};
        world.after(FAULTS_END, () -> over[0] = true);
        while (!over[0] || !isDone()) {
            if (!world.step(LATEST.toNanos())) {
                throw new Violation("P3", "never ended: " + unfinished());
            }
            settle();
            checkNoIdleQuota();
            if (violation != null) {
                throw violation;
            }
        }
        check();
    }

    /** Ends all that is left; to be called whatever happened. */
    void close() {
        replicas.forEach(
                replica -> {
                    if (replica != null && replica.isAlive()) {
                        replica.end();
                    }
                });
        database.drop();
    }

    void heal() {
        apis.values().forEach(SharedApi::heal);
    }

    int calls() {
        return apis.values().stream().mapToInt(api -> api.made).sum();
    }

    int timeouts() {
        return apis.values().stream().mapToInt(api -> api.timeouts).sum();
    }

    /** Runs what waits for the loop, until no store has anything in hand. */
    void settle() {
        pumpUntil(() -> inHand.isEmpty() && inbox.isEmpty(), "the stores are busy for ever");
    }

    /** Asks that the stores have in hand. */
    int accepting() {
        return inHand.entrySet().stream()
                .filter(each -> each.getKey().startsWith("accept"))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    interface Condition {
        boolean holds();
    }

    void pumpUntil(Condition condition, String what) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > until) {
                throw new Violation("P3", what + ": " + inHand + ", " + faults);
            }
            try {
                Runnable task = inbox.poll(1, TimeUnit.MILLISECONDS);
                if (task != null) {
                    task.run();
                } else {
                    faults.whileWaiting();
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Starts a process on this machine, unless one runs there; again if there is no database. */
    void start(int machine) {
        Replica there = replicas.get(machine);
        if (there != null && there.isAlive()) {
            return;
        }
        try {
            Replica.Machine on = faults.machine(machine);
            replicas.set(machine, new Replica(world, new InHand(), database, apis, on));
        } catch (StoreUnavailable e) {
            if (world.now() > FAULTS_END.toNanos()) {
                throw e;
            }
            world.after(REASK, () -> start(machine));
        }
    }

    /** What waits at an upstream, and since when. */
    Map<String, Long> waiting(String upstream) {
        return Objects.requireNonNull(waiting.get(upstream));
    }

    int machines() {
        return replicas.size();
    }

    Replica on(int machine) {
        return Objects.requireNonNull(replicas.get(machine));
    }

    List<Replica> alive() {
        List<Replica> alive = new ArrayList<>();
        for (int i = 0; i < machines(); i++) {
            if (on(i).isAlive()) {
                alive.add(on(i));
            }
        }
        return alive;
    }

    /** Waits, in real time, until every store has found its database again. */
    void awaitHealthy() {
        pumpUntil(
                () -> alive().stream().allMatch(Replica::isHealthy),
                "a store does not find its database again");
    }

    private boolean isDone() {
        List<Replica> alive = alive();
        return faults.allFired()
                && callers.unanswered() == 0
                && !alive.isEmpty()
                && alive.getFirst().store().unfinished(1).isEmpty();
    }

    private void checkNoIdleQuota() {
        long now = world.now();
        if (faults.lastAt() > now - OVER_IN) {
            return;
        }
        apis.forEach(
                (name, api) -> {
                    Map<String, Long> queued = waiting(name);
                    long memory = api.quota().memory().toNanos();
                    boolean calm =
                            faults.lastAt() + OVER_IN + memory < now - SLACK
                                    && api.troubledAt() + OVER_IN < now - SLACK;
                    boolean late = queued.values().stream().anyMatch(at -> at < now - SLACK);
                    if (calm
                            && late
                            && api.busySince(now - SLACK) < Replica.CONCURRENCY
                            && api.surelyFree(SLACK) > 0) {
                        violate("P5", "slots are free and these wait: " + queued + unfinished());
                    }
                });
    }

    /** No call stays unsettled in the database for longer than it may take, whoever made it. */
    private void checkNothingHangs() {
        world.after(LOOK, this::checkNothingHangs);
        List<Long> unsettled = database.unsettledCalls();
        unsettledSince.keySet().retainAll(unsettled);
        long now = world.now();
        for (long call : unsettled) {
            long since = Math.max(faults.lastAt(), unsettledSince.computeIfAbsent(call, _ -> now));
            if (now - since > OVER_IN) {
                violate("P3", "call " + call + " hangs" + ", " + unfinished());
            }
        }
    }

    /** At the end: every receipt came to its right end, and what is counted is what is there. */
    private void check() {
        Replica one = alive().getFirst();
        callers.check(one);
        if (violation != null) {
            throw violation;
        }
        for (String nothing :
                List.of(
                        "SELECT count(*) FROM attempt WHERE settled IS NULL",
                        "SELECT coalesce(sum(jobs), 0) FROM lane",
                        "SELECT coalesce(sum(requests), 0) FROM pending",
                        "SELECT coalesce(sum(running), 0) FROM upstream")) {
            if (database.number(nothing) != 0) {
                throw new Violation("P3", "all has ended, and still: " + nothing);
            }
        }
    }

    private String unfinished() {
        return callers.unanswered()
                + " unanswered, waiting "
                + waiting
                + ", faults "
                + faults
                + ", "
                + alive().stream()
                        .map(
                                replica ->
                                        apis.entrySet().stream()
                                                .map(
                                                        api ->
                                                                replica.store()
                                                                        .upstream(
                                                                                api.getKey(),
                                                                                api.getValue()
                                                                                        .quota()))
                                                .toList())
                        .toList();
    }

    void violate(String promise, String what) {
        if (violation == null) {
            violation =
                    new Violation(
                            promise, what + " at " + Duration.ofNanos(world.now()) + ", " + faults);
        }
    }
}
