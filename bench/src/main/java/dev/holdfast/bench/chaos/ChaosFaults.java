package dev.holdfast.bench.chaos;

import dev.holdfast.bench.kit.GatewayProcess;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/**
 * Kills replicas, cuts their connections to the database and restarts that, until it is told to
 * stop; then all are up again.
 */
final class ChaosFaults implements Callable<ChaosFaults.Fired>, AutoCloseable {
    /** Work of a dead replica is taken over within this. */
    static final Duration TAKEN_OVER_WITHIN = Duration.ofSeconds(5);

    /** How long a kill waits for its victim to have a call under way. */
    private static final Duration WAIT_FOR_CALL = Duration.ofSeconds(2);

    /** After that it is taken for one that nobody takes over. */
    private static final Duration WATCHED_FOR = Duration.ofMinutes(1);

    private static final long WATCH_EVERY_MILLIS = 50;

    /** What the database needs to end the statements of a process that is dead. */
    private static final Duration LAST_WORDS = Duration.ofMillis(50);

    private static final long LOOK_EVERY_MILLIS = 2;
    private static final long LONGEST_DEATH_MILLIS = 3_000;

    private static final String CALLS_OF =
            """
            SELECT a.id, a.job FROM attempt a JOIN replica r ON r.id = a.owner
            WHERE a.settled IS NULL AND r.name = ?
            """;

    /** Not when: what it is settled at lies ahead, since its slot is held until then. */
    private static final String SETTLED =
            "SELECT count(*) FROM attempt WHERE id = ? AND settled IS NOT NULL";

    private static final String CALLED_AGAIN =
            "SELECT coalesce(min(taken), 0) FROM attempt WHERE job = ? AND id <> ? AND taken >= ?";

    private final ChaosWorld world;
    private final Duration killEvery;
    private final Duration restartAfter;
    private final RandomGenerator chance;
    private final List<Held> held = new ArrayList<>();
    private final ExecutorService watchers = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger kills = new AtomicInteger();
    private final AtomicInteger cuts = new AtomicInteger();
    private int connectionsCut;
    private final AtomicInteger restarts = new AtomicInteger();
    private volatile boolean stopping;

    /**
     * @param restartAfter when the database is restarted; zero = never
     */
    ChaosFaults(
            ChaosWorld world, Duration killEvery, Duration restartAfter, RandomGenerator chance) {
        this.world = world;
        this.killEvery = killEvery;
        this.restartAfter = restartAfter;
        this.chance = chance;
    }

    /**
     * A call that a replica had under way when it was killed.
     *
     * @param killed microseconds since 1970
     * @param settled how long after that it was seen settled, in seconds
     */
    private record Held(long attempt, long job, long killed, Future<Double> settled) {}

    /**
     * What was done.
     *
     * @param kills processes ended with kill -9
     * @param cuts times that all connections to the database were cut
     * @param connectionsCut connections in all
     * @param restarts of the database
     * @param takeovers what became of the calls that the dead had under way
     */
    record Fired(int kills, int cuts, int connectionsCut, int restarts, List<Takeover> takeovers) {}

    /**
     * How long after the kill another replica settled a call as lost, and made it again.
     *
     * @param settled seconds; infinite if it never was
     * @param called seconds; infinite if it was not made again
     */
    record Takeover(double settled, double called) {}

    /** Tells it to stop after the fault it is at. */
    void stop() {
        stopping = true;
    }

    /** How many so far, for a progress line. */
    String soFar() {
        return kills + " kills, " + cuts + " cuts, " + restarts + " restarts of the database";
    }

    @Override
    public Fired call() throws Exception {
        long began = System.nanoTime();
        while (!stopping) {
            pause(killEvery.toMillis() / 2 + chance.nextLong(killEvery.toMillis()));
            if (stopping) {
                break;
            }
            boolean due = System.nanoTime() - began > restartAfter.toNanos();
            if (restarts.get() == 0 && due && restartAfter.isPositive()) {
                // Takeovers are measured with the database there.
                pause(TAKEN_OVER_WITHIN.toMillis());
                world.database.restart();
                restarts.incrementAndGet();
            } else {
                kill(world.replicas.get(chance.nextInt(world.replicas.size())));
            }
        }
        return new Fired(kills.get(), cuts.get(), connectionsCut, restarts.get(), takeovers());
    }

    private double watch(long attempt, long killed) throws InterruptedException {
        while (System.nanoTime() - killed < WATCHED_FOR.toNanos()) {
            try {
                if (world.database.number(SETTLED, attempt) > 0) {
                    return (System.nanoTime() - killed) / 1e9;
                }
            } catch (SQLException _) {
                // The database is being restarted.
            }
            pause(WATCH_EVERY_MILLIS);
        }
        return Double.POSITIVE_INFINITY;
    }

    private void kill(GatewayProcess victim) throws Exception {
        String name = "pid " + victim.pid();
        awaitCall(name);
        victim.kill();
        long killed = System.nanoTime();
        long at = TimeUnit.MILLISECONDS.toMicros(System.currentTimeMillis());
        kills.incrementAndGet();
        pause(LAST_WORDS.toMillis());
        for (long[] row : world.database.rows(CALLS_OF, name)) {
            held.add(new Held(row[0], row[1], at, watchers.submit(() -> watch(row[0], killed))));
        }
        if (kills.get() % 2 == 1) {
            pause(chance.nextLong(LONGEST_DEATH_MILLIS / 2));
            connectionsCut += world.relay.cut();
            cuts.incrementAndGet();
        }
        pause(chance.nextLong(LONGEST_DEATH_MILLIS / 2));
        victim.startAgain();
    }

    private void awaitCall(String name) throws SQLException, InterruptedException {
        long giveUp = System.nanoTime() + WAIT_FOR_CALL.toNanos();
        while (world.database.rows(CALLS_OF, name).isEmpty() && System.nanoTime() < giveUp) {
            pause(LOOK_EVERY_MILLIS);
        }
    }

    private List<Takeover> takeovers() throws Exception {
        List<Takeover> takeovers = new ArrayList<>();
        for (Held call : held) {
            long called = world.database.number(CALLED_AGAIN, call.job, call.attempt, call.killed);
            takeovers.add(
                    new Takeover(
                            call.settled.get(),
                            called == 0 ? Double.POSITIVE_INFINITY : (called - call.killed) / 1e6));
        }
        return takeovers;
    }

    private static void pause(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(millis);
    }

    @Override
    public void close() {
        watchers.shutdownNow();
    }
}
