package dev.holdfast.simulation.replicas;

import dev.holdfast.simulation.World;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/** What goes wrong with the processes of a seed, and between them and their database. */
final class ReplicasFaults {
    private static final long START_MICROS = 1_767_225_600_000_000L;

    private static final Duration SOON = Duration.ofMillis(500);
    private static final Duration ASKED_AGAIN = Duration.ofSeconds(3);

    /** What goes wrong begins by then, but what is in {@link #LAST}. */
    private static final Duration LAST_BEGIN = ReplicasSimulation.FAULTS_END.minusSeconds(7);

    /**
     * From when on these happen once: after all else that has the calls given back that nobody was
     * told of, or the others take them over.
     */
    private static final Map<Fault, Duration> LAST =
            Map.of(Fault.ANSWER_LOST, LAST_BEGIN, Fault.COMMIT_LATE, ReplicasSimulation.FAULTS_END);

    /** By how much the server's clock is set. */
    private static final long STEP_MICROS = 40_000_000;

    /** Those that show nothing while others are under way. */
    private static final Set<Fault> ALONE = EnumSet.of(Fault.LOCKED, Fault.CLOCK_SET);

    /** The thread on which a store takes what is asked and called. */
    private static final String WRITER = "holdfast-store";

    /** By which share a machine's clock is fast or slow at most. */
    private static final double DRIFT = 0.0004;

    /** Every so many-th seed has each fault. */
    private static final long ALL_IN = 10;

    /** Each costs real time: whoever lost one connects anew, three times. */
    private static final int LOST_AT_ONCE = 8;

    private final ReplicasSimulation simulation;
    private final World world;
    final Map<Fault, Integer> fired = new EnumMap<>(Fault.class);

    /** Closed while there is one: no writer of a store takes its next step. */
    private volatile @Nullable CountDownLatch gate;

    /** By how much somebody has set the server's clock, in microseconds. */
    private final AtomicLong stepped = new AtomicLong();

    /** Steps of a machine's writer that fail from now on. */
    private final Map<Integer, Integer> failing = new ConcurrentHashMap<>();

    /** Answers that may still be lost. */
    private final AtomicInteger lost = new AtomicInteger();

    /** Of the steps of all writers, which share fails, in millionths. */
    private final AtomicInteger share = new AtomicInteger();

    private final RandomGenerator chance;

    /**
     * Machines whose writer is connected to a server that only reads, and whether it was told so.
     */
    private final Map<Integer, Boolean> onlyReads = new ConcurrentHashMap<>();

    private final long seed;
    private long lastAt;

    /** The newest call that was claimed when an answer was last looked at. */
    private long lastCall;

    private int planned;
    private int withoutPrimary;

    /** Commits of claimed calls wait from now on; one does. */
    private boolean standbyIsAway;

    private boolean oneWaits;

    /** What may happen. */
    enum Fault {
        KILLED,
        STOPPED,
        CUT,
        /** For a while commits are done and nobody is told, and what is asked next fails, too. */
        ANSWER_LOST,
        CLOCK_SET,
        /** There is no server that writes, and all connections are gone. */
        NO_PRIMARY,
        /** Somebody holds the lock of an upstream. */
        LOCKED,
        /** A process gives no life sign for longer than its lease. */
        STALLED,
        STEPS_FAIL,
        /** A process is connected to a server that only reads since a fail-over, and says so. */
        ONLY_READS,
        /**
         * A synchronous standby is away: commits of claimed calls take longer than they are waited
         * for, and are done in the end.
         */
        COMMIT_LATE
    }

    ReplicasFaults(ReplicasSimulation simulation, long seed) {
        this.simulation = simulation;
        this.seed = seed;
        world = simulation.world;
        chance = RandomGeneratorFactory.of("L64X128MixRandom").create(world.random.nextLong());
    }

    /** When the last one was under way, in true nanoseconds. */
    long lastAt() {
        return lastAt;
    }

    /** Whether each that was planned has happened. */
    boolean allFired() {
        return planned == 0;
    }

    Replica.Machine machine(int number) {
        long zero = 1_000_000_000_000L * (number + 1);
        double drift = world.random.nextDouble(-DRIFT, DRIFT);
        return new Replica.Machine(
                () -> zero + world.now() + Math.round(world.now() * drift),
                () -> START_MICROS + world.now() / 1000 + stepped.get(),
                step -> step(number, step),
                () -> connected(number),
                RandomGeneratorFactory.of("L64X128MixRandom").create(world.random.nextLong()));
    }

    /** Each in every other seed for sure, in every tenth all; and now and then a second time. */
    @SuppressWarnings("EnumOrdinal") // Any number that differs will do.
    void plan() {
        for (Fault fault : Fault.values()) {
            boolean turn = seed % ALL_IN == 0 || (seed + fault.ordinal()) % 2 == 0;
            int times = (turn ? 1 : 0) + (world.chance(0.3) ? 1 : 0);
            for (int i = 0; i < times; i++) {
                int machine = world.random.nextInt(simulation.machines());
                Duration last = turn && i == 0 ? LAST.get(fault) : null;
                Duration at =
                        world.between(
                                last == null ? Duration.ofMillis(100) : last,
                                last == null ? LAST_BEGIN : last.plusSeconds(2));
                planned++;
                world.after(at, () -> fire(fault, machine));
            }
        }
        world.after(ReplicasSimulation.FAULTS_END, this::heal);
    }

    private void heal() {
        share.set(0);
        failing.clear();
        lost.set(0);
        lastAt = world.now();
        for (int i = 0; i < simulation.machines(); i++) {
            simulation.start(i);
        }
        simulation.heal();
    }

    private void fire(Fault fault, int machine) {
        Replica replica = simulation.on(machine);
        // Whoever is on a server that only reads has to leave it by itself.
        if (!replica.isAlive() || !onlyReads.isEmpty() || (ALONE.contains(fault) && !isCalm())) {
            world.after(Duration.ofSeconds(1), () -> fire(fault, machine));
            return;
        }
        if (fault == Fault.COMMIT_LATE) {
            standbyGoes();
            return;
        }
        fired(fault);
        switch (fault) {
            case KILLED -> kill(replica, machine);
            case STOPPED -> stop(replica, machine);
            case CUT -> simulation.database.cut();
            case ANSWER_LOST -> {
                simulation.callers.burst();
                Duration length = world.millis(1000, 4000);
                lost.set(LOST_AT_ONCE);
                lasts(length);
                world.after(length, () -> lost.set(0));
            }
            case COMMIT_LATE -> throw new IllegalStateException();
            case CLOCK_SET -> clockSet();
            case NO_PRIMARY -> noPrimary();
            case ONLY_READS -> {
                onlyReads.put(machine, false);
                simulation.callers.burst();
                world.after(SOON, () -> leaves(machine));
            }
            case LOCKED -> {
                String locked = "api-0";
                simulation.awaitHealthy();
                simulation.callers.askWhileLocked(replica, locked);
            }
            case STALLED -> {
                Duration length = world.millis(1000, 6500);
                replica.stall(length);
                lasts(length);
            }
            case STEPS_FAIL -> {
                Duration length = world.millis(500, 4000);
                share.set(30_000);
                lasts(length);
                world.after(length, () -> share.set(0));
            }
        }
    }

    private void fired(Fault fault) {
        planned--;
        fired.merge(fault, 1, Integer::sum);
        lastAt = Math.max(lastAt, world.now());
    }

    private void standbyGoes() {
        if (standbyIsAway) {
            world.after(SOON, this::standbyGoes);
        } else {
            standbyIsAway = true;
            untilOneWaits();
        }
    }

    /** Somebody asks until a call is claimed whose commit waits; again if its connection is cut. */
    private void untilOneWaits() {
        if (standbyIsAway && !oneWaits) {
            simulation.database.standbyIsAway();
            simulation.callers.burst();
            world.after(ASKED_AGAIN, this::untilOneWaits);
        }
    }

    /** Called again and again while a store has something in hand. */
    void whileWaiting() {
        if (standbyIsAway && simulation.database.loseCommitAnswers() > 0 && !oneWaits) {
            oneWaits = true;
            fired(Fault.COMMIT_LATE);
            Duration length = world.millis(600, 1500);
            lasts(length);
            world.after(length, this::standbyIsBack);
        }
    }

    private void standbyIsBack() {
        standbyIsAway = false;
        oneWaits = false;
        simulation.database.standbyIsBack();
        lastAt = Math.max(lastAt, world.now());
    }

    /** Whether nothing else goes wrong just now. */
    private boolean isCalm() {
        return world.now() > lastAt
                && share.get() + failing.size() + onlyReads.size() == 0
                && lost.get() == 0
                && !standbyIsAway;
    }

    private void lasts(Duration length) {
        lastAt = Math.max(lastAt, world.now() + length.toNanos());
    }

    private void kill(Replica replica, int machine) {
        onlyReads.remove(machine);
        replica.kill();
        restart(machine);
    }

    private void stop(Replica replica, int machine) {
        replica.drain(
                () ->
                        world.after(
                                Duration.ZERO,
                                () -> {
                                    if (replica.isAlive()) {
                                        onlyReads.remove(machine);
                                        replica.end();
                                        restart(machine);
                                    }
                                }));
    }

    private void restart(int machine) {
        Duration after = world.millis(100, 5000);
        lasts(after);
        world.after(
                after,
                () -> {
                    lastAt = Math.max(lastAt, world.now());
                    simulation.start(machine);
                });
    }

    /** One way, and back again. */
    private void clockSet() {
        simulation.callers.burst();
        long micros = (world.chance(0.5) ? 1 : -1) * STEP_MICROS;
        stepped.addAndGet(micros);
        Duration length = world.millis(3000, 6000);
        lasts(length);
        world.after(length, () -> stepped.addAndGet(-micros));
    }

    private void noPrimary() {
        Duration length = world.millis(500, 3000);
        lasts(length);
        withoutPrimary++;
        simulation.database.onlyReads(true);
        simulation.database.cut();
        world.after(
                length,
                () -> {
                    if (--withoutPrimary > 0) {
                        return;
                    }
                    simulation.database.onlyReads(false);
                    simulation.awaitHealthy();
                    lastAt = Math.max(lastAt, world.now());
                });
    }

    /** Whoever was told that its server only reads looks for another at once. */
    private void leaves(int machine) {
        Boolean told = onlyReads.get(machine);
        if (Boolean.TRUE.equals(told) && withoutPrimary == 0) {
            simulation.pumpUntil(
                    () -> !onlyReads.containsKey(machine), "a server that only reads is kept");
        } else if (told != null) {
            world.after(SOON, () -> leaves(machine));
        }
    }

    private void connected(int machine) {
        if (Thread.currentThread().getName().equals(WRITER)) {
            onlyReads.remove(machine);
        }
    }

    /** Whatever is asked meanwhile comes to the stores' writers in one go. */
    void together(Runnable asks) {
        CountDownLatch opened = new CountDownLatch(1);
        gate = opened;
        try {
            asks.run();
        } finally {
            gate = null;
            opened.countDown();
        }
    }

    /** On a thread of a store. */
    private void step(int machine, WriteProbe.Step step) throws SQLException {
        CountDownLatch closed = gate;
        if (closed != null && Thread.currentThread().getName().equals(WRITER)) {
            try {
                boolean _ = closed.await(ReplicasSimulation.WAIT_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        fail(machine, step);
    }

    private synchronized void fail(int machine, WriteProbe.Step step) throws SQLException {
        boolean write = step == WriteProbe.Step.STATEMENT || step == WriteProbe.Step.COMMIT;
        boolean writer = Thread.currentThread().getName().equals(WRITER);
        if (write && writer && onlyReads.computeIfPresent(machine, (_, _) -> true) != null) {
            throw new SQLException("cannot execute INSERT in a read-only transaction", "25006");
        }
        boolean answer = writer && step == WriteProbe.Step.ANSWER;
        if (answer && lost.get() > 0 && isLost()) {
            lost.decrementAndGet();
            failing.put(machine, 2);
            throw new SQLException("the answer was lost", "08006");
        }
        if (write && writer && failing.containsKey(machine)) {
            failing.computeIfPresent(machine, (_, n) -> n == 1 ? null : n - 1);
            throw new SQLException("the server is not there yet", "57P03");
        }
        if (step != WriteProbe.Step.NOTIFY && chance.nextInt(1_000_000) < share.get()) {
            switch (chance.nextInt(4)) {
                case 0 -> throw new SQLException("the connection is cut", "08006");
                case 1 -> throw new SQLException("out of memory", "53200");
                case 2 -> throw new StackOverflowError("simulated");
                default -> throw new IllegalStateException("simulated");
            }
        }
    }

    /** Whether the answer to a commit is lost: to one with a claimed call in every other case. */
    private boolean isLost() {
        long newest = simulation.database.newestCall();
        boolean claimed = newest > lastCall;
        lastCall = newest;
        return chance.nextInt(claimed ? 2 : 6) == 0;
    }

    @Override
    public String toString() {
        return fired + ", the last at " + Duration.ofNanos(lastAt);
    }
}
