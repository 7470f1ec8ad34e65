package dev.holdfast.simulation;

import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one seed plays: the quota, who asks what when, and what breaks when. */
record Scenario(
        Quota quota,
        int concurrency,
        List<Plan> asks,
        List<Duration> crashes,
        List<Long> crashesAtWrite,
        List<ClockStep> clockSteps) {
    static final int CLIENTS = 3;
    static final Duration FAULTS_END = Duration.ofMinutes(15);

    /** Share of seeds with webhooks, and of asks in them with one. */
    private static final double TELL = 0.05;

    private static final double TOLD = 0.5;

    /** Share of seeds with a flood, and its messages. */
    private static final double FLOODS = 0.01;

    private static final int FLOOD = 150;

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
            boolean webhook) {

        boolean isShared() {
            return message.startsWith("shared");
        }
    }

    /** Somebody sets the wall clock. */
    record ClockStep(Duration at, Duration by) {}

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
        return new Scenario(
                QUOTAS.get(world.random.nextInt(QUOTAS.size())),
                1 + world.random.nextInt(12),
                List.copyOf(asks),
                List.copyOf(crashes),
                List.copyOf(atWrite),
                List.copyOf(steps));
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
                            message(world, who),
                            Duration.ofMillis(world.chance(0.3) ? 0 : 1800),
                            world.chance(0.1) ? world.millis(1000, 200_000) : null,
                            world.chance(0.05) ? world.millis(0, 60_000) : null,
                            world.chance(told)));
        }
    }

    /** So much of one client at once that retries fall due while its first calls still go. */
    private static void flood(World world, List<Plan> asks) {
        Duration start = world.between(Duration.ZERO, FAULTS_END.dividedBy(2));
        int client = world.random.nextInt(CLIENTS);
        for (int i = 0; i < FLOOD; i++) {
            Duration at = start.plus(world.millis(0, 1000));
            String message = "flood " + client + " " + i;
            asks.add(new Plan(at, client, message, Duration.ZERO, null, null, false));
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
