package dev.holdfast.simulator.feed;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** All that is counted of a feed's clients. */
final class FeedTally {
    private static final int MAX_PROBLEMS = 20;

    final Latencies latencies = new Latencies();
    final Latencies knownLatencies = new Latencies();

    /** Days that a client has shown to know. */
    final Set<LocalDate> knownDays = new HashSet<>();

    long connections;
    long heartbeatsSent;
    long heartbeats;
    long longestHeartbeatGap;
    long messages;
    long garbage;
    long converted;
    long rightlyRefused;
    long refused;
    long wrong;
    long late;
    long unanswered;
    long lostWithConnection;
    long renewals;
    long slowestRenewal;
    private long problemCount;
    private final List<String> problems = new ArrayList<>();

    /** Notes something that a client must not do. */
    void problem(String text) {
        problemCount++;
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(text);
        }
    }

    long answers() {
        return converted + refused + rightlyRefused + wrong;
    }

    JsonObject figures() {
        return new JsonObject()
                .put("connections", connections)
                .put("messages", messages)
                .put("garbage_frames", garbage)
                .put("converted", converted)
                .put("rightly_refused", rightlyRefused)
                .put("refused", refused)
                .put("wrong", wrong)
                .put("late", late)
                .put("unanswered", unanswered)
                .put("lost_with_connection", lostWithConnection)
                .put("p50_ms", latencies.millisAt(0.5))
                .put("p99_ms", latencies.millisAt(0.99))
                .put("max_ms", latencies.longestMillis())
                .put("known_p99_ms", knownLatencies.millisAt(0.99))
                .put("heartbeats_sent", heartbeatsSent)
                .put("heartbeats", heartbeats)
                .put("longest_heartbeat_gap_ms", longestHeartbeatGap / 1_000_000)
                .put("renewals", renewals)
                .put("slowest_renewal_ms", slowestRenewal / 1_000_000)
                .put("problem_count", problemCount);
    }

    FeedVerdict verdict(FeedLimits limits) {
        var found = new ArrayList<>(problems);
        if (problemCount > problems.size()) {
            found.add("and " + (problemCount - problems.size()) + " more");
        }
        if (answers() == 0) {
            found.add("no message was answered");
        }
        if (unanswered > 0) {
            found.add(unanswered + " messages were not answered");
        }
        if (late > 0) {
            found.add(late + " answers took over " + limits.answerWithin().toMillis() + " ms");
        }
        if (refused > limits.refusedShare() * (refused + converted)) {
            found.add(refused + " convertible messages were refused");
        }
        if (longestHeartbeatGap > limits.heartbeatGap().toNanos()) {
            found.add(
                    "heartbeats stayed away for %d ms".formatted(longestHeartbeatGap / 1_000_000));
        }
        var wanted = limits.knownP99();
        if (!wanted.equals(Duration.ZERO)
                && knownLatencies.millisAt(0.99) > wanted.toNanos() / 1e6) {
            found.add("the p99 for known days is over " + wanted.toMillis() + " ms");
        }
        return new FeedVerdict(found, figures());
    }
}
