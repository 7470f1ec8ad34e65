package dev.holdfast.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What a dispatcher has seen of its upstream; on the loop. */
final class Telemetry {
    /** Weight of the newest call in the running averages. */
    private static final double NEWEST = 1.0 / UpstreamView.RECENT_CALLS;

    private static final Duration FIRST_GUESS = Duration.ofMillis(200);

    private double successRate = 1;
    private double firstTries = 1;
    private long firsts;
    private double latencySeconds = FIRST_GUESS.toNanos() / 1e9;
    private long calls;
    private long incidents;
    private final Map<String, Long> outcomes = new TreeMap<>();
    private final Map<String, Long> underestimated = new HashMap<>();
    private final Map<String, Double> costs = new HashMap<>();

    void settled(String outcome, boolean success, Duration latency) {
        calls++;
        outcomes.merge(outcome, 1L, Long::sum);
        double weight = Math.max(NEWEST, 1.0 / calls);
        successRate += weight * ((success ? 1 : 0) - successRate);
        latencySeconds += weight * (latency.toNanos() / 1e9 - latencySeconds);
    }

    /** A job's first call was made, and whether it was the last one. */
    void firstTry(boolean success) {
        firsts++;
        double weight = Math.max(NEWEST, 1.0 / firsts);
        firstTries += weight * ((success ? 1 : 0) - firstTries);
    }

    /** Share of first calls that were the last one their job needed, 0 to 1; 1 before any. */
    double firstTries() {
        return firstTries;
    }

    void incident() {
        incidents++;
    }

    /** A call took so much more of a unit than was reserved. */
    void underestimated(String unit, long more) {
        underestimated.merge(unit, more, Long::sum);
    }

    /** How much more was taken of a unit than was reserved, since the start. */
    long underestimated(String unit) {
        return underestimated.getOrDefault(unit, 0L);
    }

    /** A call leaves that takes so much of a unit. */
    void costs(String unit, long amount) {
        costs.merge(unit, (double) amount, (before, now) -> before + NEWEST * (now - before));
    }

    /** What a call takes of a unit on average; 1 before any. */
    double cost(String unit) {
        return Math.max(1, costs.getOrDefault(unit, 1.0));
    }

    /** Share of calls that were the last one their job needed, 0 to 1; 1 before any call. */
    double successRate() {
        return successRate;
    }

    /** Whether there was a call that it could see. */
    boolean isNew() {
        return calls == 0;
    }

    Duration latency() {
        return Duration.ofNanos((long) (latencySeconds * 1e9));
    }

    long incidents() {
        return incidents;
    }

    Map<String, Long> outcomes() {
        return Map.copyOf(outcomes);
    }
}
