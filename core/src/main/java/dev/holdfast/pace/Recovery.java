package dev.holdfast.pace;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/**
 * How long a job that failed goes on failing, and when the call leaves that is its last: what its
 * route's past tells ({@link LearnedDelay}) and, as long as there is little of that, what the retry
 * policy was set for. All times are since the job's first call. Pure.
 */
public final class Recovery {
    /** What is guessed counts as much as so many successes that were seen. */
    private static final double GUESS = 2;

    /** Whoever waits at most so long between two calls expects that failing ends soon after. */
    private static final int WAITS = 5;

    /** Failures after which waits are taken for their longest. */
    private static final int MOST_WAITS = 30;

    private static final int STEPS = 24;

    /** Nothing takes longer, as far as one can tell: a hundred thousand years. */
    private static final double FAR_SECONDS = 100_000 * 365.25 * 86_400;

    private final RetryPolicy retry;
    private final double[] masses = new double[LearnedDelay.BINS];

    /**
     * Of one route, or of several taken together.
     *
     * @param learned what the past of each tells
     */
    public Recovery(RetryPolicy retry, Collection<LearnedDelay> learned) {
        this.retry = retry;
        double from = Math.max(seconds(retry.first()), LearnedDelay.EDGES[1]);
        double to = Math.max(WAITS * seconds(retry.max()), 2 * from);
        for (int bin = 0; bin < masses.length; bin++) {
            double low = Math.clamp(LearnedDelay.EDGES[bin], from, to);
            double high = Math.clamp(LearnedDelay.EDGES[bin + 1], from, to);
            masses[bin] = GUESS * Math.log(high / low) / Math.log(to / from);
            for (LearnedDelay each : learned) {
                masses[bin] += each.weight(bin);
            }
        }
    }

    /**
     * When the call is made that succeeds, on average.
     *
     * @param failed when the last one was made, which did not
     * @param next when the next one can be
     * @param failures calls that failed
     * @param pace between two calls at least, as slots are scarce
     */
    public Duration succeeds(Duration failed, Duration next, int failures, Duration pace) {
        double from = seconds(failed);
        double first = Math.max(seconds(next), from);
        double all = 0;
        double sum = 0;
        for (int bin = 0; bin < masses.length; bin++) {
            double low = Math.max(from, LearnedDelay.EDGES[bin]);
            double high = LearnedDelay.EDGES[bin + 1];
            if (high > low && masses[bin] > 0) {
                double mass = masses[bin] * (high - low) / (high - LearnedDelay.EDGES[bin]);
                double recovered = (low + high) / 2;
                all += mass;
                sum += mass * (recovered <= first ? first : recovered + gap(recovered, pace) / 2);
            }
        }
        // Failing longer than any before it: as long again, as good a guess as any.
        double mean = all > 0 ? sum / all : Math.max(first, 2 * from);
        return duration(Math.min(mean, first + rest(failures, pace)));
    }

    /**
     * How long until the last of some jobs makes the call that succeeds: as likely sooner as later.
     *
     * @param first until the first call of those leaves that were not called yet
     * @param fresh how many of them fail at first; need not be whole
     * @param failing others that have been failing
     * @param weight for how many each of those stands
     * @param now steady time
     */
    public Duration last(
            Duration first, double fresh, List<Failing.Job> failing, double weight, Instant now) {
        double low = 0;
        double high = seconds(first) + LearnedDelay.EDGES[LearnedDelay.BINS];
        for (int step = 0; step < STEPS; step++) {
            double middle = (low + high) / 2;
            double chance = Math.pow(ended(0, Math.max(0, middle - seconds(first))), fresh);
            for (Failing.Job each : failing) {
                double age = seconds(Duration.between(each.firstCall(), now));
                chance *= Math.pow(ended(seconds(each.failed()), age + middle), weight);
            }
            if (chance < 0.5) {
                low = middle;
            } else {
                high = middle;
            }
        }
        double age = high - seconds(first);
        for (Failing.Job each : failing) {
            age = Math.max(age, high + seconds(Duration.between(each.firstCall(), now)));
        }
        return duration(high + gap(Math.max(0, age), Duration.ZERO) / 2);
    }

    /** How many more calls a job makes that has failed so long, at least one. */
    public double calls(Duration failed, Duration pace) {
        double from = seconds(failed);
        double until = seconds(succeeds(failed, failed.plus(retry.first()), 1, pace));
        return 1 + Math.max(0, until - from - gap(from, pace)) / gap((from + until) / 2, pace);
    }

    /** When the call was made after so many failures, if none had to wait for a slot. */
    public Duration after(int failures) {
        Duration at = Duration.ZERO;
        for (int i = 1; i < Math.min(failures, MOST_WAITS); i++) {
            at = at.plus(retry.usual(i));
        }
        return at.plus(retry.max().multipliedBy(Math.max(0, failures - MOST_WAITS)));
    }

    /** The chance, 0 to 1, that failing has ended by then if it had not at {@code failed}. */
    private double ended(double failed, double at) {
        double left = mass(failed);
        return left > 0 ? 1 - mass(at) / left : 1;
    }

    /** From one call to the next of a job that has failed so long. */
    private double gap(double age, Duration pace) {
        double own =
                switch (retry.backoff()) {
                    case FIXED -> seconds(retry.first());
                    // What has doubled so far is as long as all of it.
                    case EXPONENTIAL, LEARNED ->
                            Math.min(seconds(retry.max()), seconds(retry.first()) + age);
                };
        return Math.max(0.001, Math.max(own, seconds(pace)));
    }

    /**
     * The calls that may follow the next one; after them it has failed, and that is an end, too.
     */
    private double rest(int failures, Duration pace) {
        if (retry.maxAttempts() == 0) {
            return Double.MAX_VALUE;
        }
        double rest = 0;
        int left = retry.maxAttempts() - failures - 1;
        for (int i = 1; i <= Math.min(left, MOST_WAITS); i++) {
            rest += Math.max(seconds(retry.usual(failures + i)), seconds(pace));
        }
        return rest + Math.max(0, left - MOST_WAITS) * seconds(retry.max());
    }

    /** Of all that is known, what fell later. */
    private double mass(double from) {
        double mass = 0;
        for (int bin = masses.length - 1; bin >= 0; bin--) {
            double low = LearnedDelay.EDGES[bin];
            double high = LearnedDelay.EDGES[bin + 1];
            if (high <= from) {
                break;
            }
            mass += masses[bin] * (high - Math.max(from, low)) / (high - low);
        }
        return mass;
    }

    /** Also of thousands of years, which are more nanoseconds than a long has. */
    private static double seconds(Duration duration) {
        return duration.getSeconds() + duration.getNano() / 1e9;
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.round(Math.min(seconds, FAR_SECONDS) * 1_000));
    }
}
