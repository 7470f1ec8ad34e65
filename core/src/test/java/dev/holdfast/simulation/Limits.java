package dev.holdfast.simulation;

import dev.holdfast.engine.Answer;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.RequestRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * What ends a request before it succeeds, and what a client may have pending, in one seed of ten;
 * and the checks that nothing else does, and that both are kept to (P3).
 */
final class Limits {
    /** One seed of so many has limits; which of them. */
    private static final int ONE_IN = 10;

    private static final int WHICH = 3;

    /** Of all other seeds. */
    private static final Limits NONE = new Limits(0, Duration.ofHours(24), 1000);

    private final int maxAttempts;
    private final Duration giveUpAfter;
    private final int maxPending;
    private final Map<String, Integer> failures = new HashMap<>();
    private int endedByThem;
    private int refused;

    private Limits(int maxAttempts, Duration giveUpAfter, int maxPending) {
        this.maxAttempts = maxAttempts;
        this.giveUpAfter = giveUpAfter;
        this.maxPending = maxPending;
    }

    /** Of one seed, whose other chances they leave as they are. */
    static Limits of(long seed, boolean inBulk) {
        if (seed % ONE_IN != WHICH || inBulk) {
            return new Limits(NONE.maxAttempts, NONE.giveUpAfter, NONE.maxPending);
        }
        Random random = new Random(seed);
        return new Limits(
                2 + random.nextInt(4),
                Duration.ofSeconds(120 + random.nextInt(480)),
                3 + random.nextInt(20));
    }

    /** Calls that may fail until a request does; 0 for any number. */
    int maxAttempts() {
        return maxAttempts;
    }

    Duration giveUpAfter() {
        return giveUpAfter;
    }

    /** Requests that a client may have under way. */
    int maxPending() {
        return maxPending;
    }

    /** Whether requests may end so early that who asks again begins anew. */
    boolean any() {
        return maxAttempts > 0;
    }

    /** Requests that ended by them, and asks that were refused. */
    int seen() {
        return Math.min(endedByThem, refused);
    }

    /** Whether an ask may be refused so for good. */
    void refused(Plan plan, Answer.Refused answer, BiConsumer<String, String> violation) {
        boolean right =
                switch (answer.refusal()) {
                    case TOO_MANY_PENDING -> any();
                    case DEADLINE_UNREACHABLE -> plan.expiresIn() != null;
                    default -> false;
                };
        refused += answer.refusal() == Answer.Refusal.TOO_MANY_PENDING ? 1 : 0;
        if (!right) {
            violation.accept("P3", plan + " was refused: " + answer);
        }
    }

    /** So many of one client's are under way. */
    void pending(Plan plan, long pending, BiConsumer<String, String> violation) {
        if (pending > maxPending) {
            violation.accept("P3", pending + " requests of one client are pending: " + plan);
        }
    }

    /** A call of this message leaves, which is the first of a request or not. */
    void left(String message, int attempt, BiConsumer<String, String> violation) {
        if (attempt == 1) {
            failures.remove(message);
        } else if (any() && failures.getOrDefault(message, 0) >= maxAttempts) {
            violation.accept("P3", "called again after all its attempts had failed: " + message);
        }
    }

    void settled(String message, Outcome outcome, boolean charged) {
        if (charged && outcome instanceof Outcome.Failed) {
            failures.merge(message, 1, Integer::sum);
        }
    }

    /** What failed may not be written down. */
    void crashed() {
        failures.clear();
    }

    /** Whether a request that could have succeeded may have failed so. */
    boolean mayEnd(RequestRecord request) {
        Failure failure = Objects.requireNonNull(request.failure());
        boolean right =
                switch (failure.reason()) {
                    case MAX_ATTEMPTS -> any() && request.attempts() >= maxAttempts;
                    case GAVE_UP -> any();
                    default -> false;
                };
        endedByThem += right ? 1 : 0;
        return right;
    }
}
