package dev.holdfast.simulation;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What one seed plays: the quota, who asks what when, and what breaks when. */
record Scenario(
        Quota quota,
        int concurrency,
        List<Plan> asks,
        List<Duration> crashes,
        List<Long> crashesAtWrite,
        List<ClockStep> clockSteps,
        Troubles troubles,
        boolean inBulk,
        int clients) {
    static final int CLIENTS = 3;

    /** One seed of so many has a crowd; which of them, how many they are, and what some ask. */
    private static final int CROWD_IN = 200;

    private static final int WHICH_CROWD = 57;
    private static final int CROWD = 240;
    private static final int ASKED_BY_ONE = 12;

    /** A crowd's calls and retries would take days at the other quotas. */
    private static final Quota CROWD_QUOTA = quota(new Window(60, Duration.ofSeconds(10)));

    static final Duration FAULTS_END = Duration.ofMinutes(15);

    /** Share of seeds with webhooks, and of asks in them with one. */
    private static final double TELL = 0.05;

    private static final double TOLD = 0.5;

    /** Share of seeds with a flood, and its messages. */
    private static final double FLOODS = 0.01;

    private static final int FLOOD = 150;

    /** Shares of seeds with each trouble. */
    private static final double HANGS = 0.2;

    private static final double ABSENCES = 0.2;
    private static final double PAUSES = 0.1;
    private static final double STOPS = 0.2;
    private static final double FAILING = 0.1;
    private static final double DRIFTS = 0.3;

    /** Share of the writer's steps that fail in a seed where some do. */
    private static final double FAILED = 0.002;

    /** By which share a clock is fast or slow at most; NTP slews by no more than 0.0005. */
    private static final double DRIFT = 0.0004;

    private static final Duration LONGEST_HANG = Duration.ofMinutes(8);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(2);

    /** Share of asks that may not be called again when nobody knows what a call did. */
    private static final double ORDERS = 0.1;

    /** One seed of so many has a second upstream; which of them, and how often it is asked. */
    private static final int NEIGHBOURS_IN = 10;

    private static final int WHICH_NEIGHBOUR = 6;
    private static final int FOR_NEIGHBOUR = 25;
    private static final String NEXT = " next ";

    private static final String ANEW = " anew";

    /** Share of seeds in which much comes at once, of all classes, later and in batches. */
    private static final double IN_BULK = 0.1;

    /** Of each class of priority, in such a seed. */
    private static final int OF_A_CLASS = 25;

    private static final int LATER = 6;

    /** Share of asks with an Idempotency-Key, which are sent twice. */
    private static final double REPEATED = 0.05;

    private static final List<Quota> QUOTAS =
            List.of(
                    quota(new Window(10, Duration.ofSeconds(60))),
                    quota(new Window(5, Duration.ofSeconds(10))),
                    quota(
                            new Window(3, Duration.ofSeconds(5)),
                            new Window(20, Duration.ofSeconds(120))),
                    quota(new Window(1, Duration.ofSeconds(2))));

    /** One ask. */
    record Plan(
            Duration at,
            int client,
            String message,
            Duration patience,
            @Nullable Duration expiresIn,
            @Nullable Duration cancelAfter,
            boolean webhook,
            @Nullable String key,
            @Nullable Duration notBefore) {

        Plan(
                Duration at,
                int client,
                String message,
                Duration patience,
                @Nullable Duration expiresIn,
                @Nullable Duration cancelAfter,
                boolean webhook,
                @Nullable String key) {
            this(at, client, message, patience, expiresIn, cancelAfter, webhook, key, null);
        }

        boolean isShared() {
            return message.startsWith("shared");
        }

        boolean isNext() {
            return Scenario.isNext(message);
        }

        boolean isOrder() {
            return Scenario.isOrder(message);
        }

        /** Of whoever heard nothing: another order, since nobody knows of the first. */
        Plan anew() {
            return new Plan(
                    at,
                    client,
                    message + ANEW,
                    patience,
                    expiresIn,
                    cancelAfter,
                    webhook,
                    key == null ? null : key + ANEW,
                    notBefore);
        }
    }

    /**
     * What else goes wrong.
     *
     * @param hangs when the upstream stops to serve, and for how long
     * @param absences when nobody is at home, and for how long
     * @param pauses when an operator stops all calls, and for how long
     * @param stops when the process is asked to end
     * @param failing share of the writer's steps that fail
     * @param drift by which share the machine's clock is fast
     */
    record Troubles(
            List<Span> hangs,
            List<Span> absences,
            List<Span> pauses,
            List<Duration> stops,
            double failing,
            double drift) {

        static Troubles of(World world) {
            return new Troubles(
                    world.chance(HANGS) ? List.of(span(world, LONGEST_HANG)) : List.of(),
                    world.chance(ABSENCES) ? List.of(span(world, LONGEST_HANG)) : List.of(),
                    world.chance(PAUSES) ? List.of(span(world, LONGEST_PAUSE)) : List.of(),
                    world.chance(STOPS) ? List.of(some(world)) : List.of(),
                    world.chance(FAILING) ? FAILED : 0,
                    world.chance(DRIFTS) ? world.random.nextDouble(-DRIFT, DRIFT) : 0);
        }

        private static Span span(World world, Duration longest) {
            return new Span(some(world), world.between(Duration.ofSeconds(5), longest));
        }

        private static Duration some(World world) {
            return world.between(Duration.ZERO, FAULTS_END);
        }
    }

    /** From when on, and for how long. */
    record Span(Duration at, Duration length) {}

    /** Somebody sets the wall clock. */
    record ClockStep(Duration at, Duration by) {}

    /** What was asked first. */
    static String first(String message) {
        return message.replace(ANEW, "");
    }

    /** Whether its call may not be made again when nobody knows what it did. */
    static boolean isOrder(String message) {
        return message.startsWith("order");
    }

    /** The class that a message is asked in, whoever asks. */
    static Priority priority(String message) {
        Priority priority = Priority.of(message.split(" ", 2)[0]);
        return priority == null ? Priority.NORMAL : priority;
    }

    static Scenario of(World world) {
        List<Plan> asks = new ArrayList<>();
        double told = world.chance(TELL) ? TOLD : 0;
        int bursts = 1 + world.random.nextInt(4);
        for (int burst = 0; burst < bursts; burst++) {
            burst(world, asks, told);
        }
        if (world.chance(FLOODS)) {
            flood(world, asks);
        }
        List<Duration> crashes = new ArrayList<>();
        for (int i = world.random.nextInt(3); i > 0; i--) {
            crashes.add(world.between(Duration.ZERO, FAULTS_END));
        }
        List<Long> atWrite = new ArrayList<>();
        for (int i = world.random.nextInt(3); i > 0; i--) {
            atWrite.add(1 + world.random.nextLong(400));
        }
        List<ClockStep> steps = new ArrayList<>();
        for (int i = world.random.nextInt(3); i > 0; i--) {
            Duration by = Duration.ofHours(world.chance(0.5) ? 1 : -1);
            steps.add(new ClockStep(world.between(Duration.ZERO, FAULTS_END), by));
        }
        boolean inBulk = world.chance(IN_BULK);
        if (inBulk) {
            ofAllClasses(world, asks);
            later(world, asks);
        }
        return new Scenario(
                QUOTAS.get(world.random.nextInt(QUOTAS.size())),
                1 + world.random.nextInt(12),
                List.copyOf(asks),
                List.copyOf(crashes),
                List.copyOf(atWrite),
                List.copyOf(steps),
                Troubles.of(world),
                inBulk,
                CLIENTS);
    }

    /**
     * With hundreds of clients within a second, in one seed of two hundred, whose other chances it
     * leaves as they are: two thirds of them ask for one thing each, the others for twelve.
     */
    Scenario crowded(long seed) {
        if (seed % CROWD_IN != WHICH_CROWD || inBulk) {
            return this;
        }
        Random random = new Random(seed);
        List<Plan> all = new ArrayList<>(asks);
        Duration start = FAULTS_END.dividedBy(3);
        for (int client = 0; client < CROWD; client++) {
            for (int i = client % 3 == 0 ? ASKED_BY_ONE : 1; i > 0; i--) {
                Duration at = start.plusMillis(random.nextInt(1000));
                String message = "crowd " + client + " " + i;
                Duration patience = Duration.ofMillis(random.nextInt(3) == 0 ? 1800 : 0);
                all.add(new Plan(at, client, message, patience, null, null, false, null));
            }
        }
        return new Scenario(
                CROWD_QUOTA,
                concurrency + CLIENTS,
                List.copyOf(all),
                crashes,
                crashesAtWrite,
                clockSteps,
                troubles,
                false,
                CROWD);
    }

    /**
     * With asks for a second upstream, in one seed of ten, whose other chances they leave as they
     * are: by clients of their own, alone and in small bursts, one of four for what may not be
     * called again.
     */
    Scenario beside(long seed) {
        if (seed % NEIGHBOURS_IN != WHICH_NEIGHBOUR || inBulk) {
            return this;
        }
        Random random = new Random(seed);
        List<Plan> all = new ArrayList<>(asks);
        for (int i = 0; i < FOR_NEIGHBOUR; i++) {
            Duration at = Duration.ofMillis(random.nextLong(FAULTS_END.toMillis()));
            for (int n = random.nextInt(4) == 0 ? 4 : 1; n > 0; n--) {
                int client = CLIENTS + random.nextInt(2);
                String kind = random.nextInt(4) == 0 ? "order" : "good";
                String message = kind + NEXT + client + " " + i + " " + n;
                Duration patience = Duration.ofMillis(random.nextInt(3) == 0 ? 1800 : 0);
                all.add(new Plan(at, client, message, patience, null, null, false, null));
            }
        }
        return new Scenario(
                quota,
                concurrency,
                List.copyOf(all),
                crashes,
                crashesAtWrite,
                clockSteps,
                troubles,
                false,
                clients);
    }

    /** Whether a message is for the second upstream. */
    static boolean isNext(String message) {
        return message.contains(NEXT);
    }

    /** Whether anything is asked of a second upstream. */
    boolean hasNeighbour() {
        return asks.stream().anyMatch(plan -> isNext(plan.message()));
    }

    /** Whether there are hundreds of clients. */
    boolean isCrowded() {
        return clients > CLIENTS;
    }

    /** So much of each class that all of them wait for a while. */
    private static void ofAllClasses(World world, List<Plan> asks) {
        Duration start = world.between(Duration.ZERO, FAULTS_END.dividedBy(3));
        for (Priority each : Priority.ALL) {
            for (int i = 0; i < OF_A_CLASS; i++) {
                int client = world.random.nextInt(CLIENTS);
                String message = each.wire() + " " + client + " " + i;
                Duration at = start.plus(world.millis(0, 1000));
                asks.add(new Plan(at, client, message, Duration.ZERO, null, null, false, null));
            }
        }
    }

    /** What is wanted later, some of it by two who name different times. */
    private static void later(World world, List<Plan> asks) {
        for (int i = 0; i < LATER; i++) {
            Duration start = world.between(Duration.ZERO, FAULTS_END.dividedBy(2));
            String message = "later " + world.random.nextInt(CLIENTS) + " " + i;
            for (int who = world.chance(0.5) ? 2 : 1; who > 0; who--) {
                asks.add(
                        new Plan(
                                start.plus(world.millis(0, 60_000)),
                                world.random.nextInt(CLIENTS),
                                message,
                                Duration.ZERO,
                                null,
                                null,
                                false,
                                null,
                                world.millis(1000, 600_000)));
            }
        }
    }

    private static void burst(World world, List<Plan> asks, double told) {
        Duration start = world.between(Duration.ZERO, FAULTS_END.dividedBy(2));
        int client = world.random.nextInt(CLIENTS);
        int size = world.chance(0.2) ? 30 : 1 + world.random.nextInt(10);
        for (int i = 0; i < size; i++) {
            int who = world.chance(0.15) ? world.random.nextInt(CLIENTS) : client;
            asks.add(
                    new Plan(
                            start.plus(world.millis(0, 1000)),
                            who,
                            world.chance(ORDERS)
                                    ? "order " + who + " " + asks.size()
                                    : message(world, who),
                            Duration.ofMillis(world.chance(0.3) ? 0 : 1800),
                            world.chance(0.1) ? world.millis(1000, 200_000) : null,
                            world.chance(0.05) ? world.millis(0, 60_000) : null,
                            world.chance(told),
                            world.chance(REPEATED) ? "key " + asks.size() : null));
        }
    }

    /** So much of one client at once that retries fall due while its first calls still go. */
    private static void flood(World world, List<Plan> asks) {
        Duration start = world.between(Duration.ZERO, FAULTS_END.dividedBy(2));
        int client = world.random.nextInt(CLIENTS);
        for (int i = 0; i < FLOOD; i++) {
            Duration at = start.plus(world.millis(0, 1000));
            String message = "flood " + client + " " + i;
            asks.add(new Plan(at, client, message, Duration.ZERO, null, null, false, null));
        }
    }

    private static String message(World world, int client) {
        if (world.chance(0.2)) {
            return "shared " + world.random.nextInt(5);
        }
        String kind = world.chance(0.1) ? "bad" : "good";
        return kind + " " + client + " " + world.random.nextInt(60);
    }

    private static Quota quota(Window... windows) {
        return new Quota(List.of(windows));
    }
}
