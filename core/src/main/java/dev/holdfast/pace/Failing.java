package dev.holdfast.pace;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * Since when jobs have been failing, as this process saw it: of the last {@link #MOST} that failed.
 * Safe for many threads.
 */
public final class Failing {
    /** Jobs that it remembers. */
    public static final int MOST = 10_000;

    private final LinkedHashMap<Long, Job> jobs = new LinkedHashMap<>();

    /**
     * A job whose last call failed.
     *
     * @param firstCall steady time
     * @param failed when the last one was made, since the first
     * @param failures how many failed
     */
    public record Job(Instant firstCall, Duration failed, int failures) {}

    /** A call of it has failed, and it will be called again. */
    public synchronized void failed(long job, Job how) {
        jobs.remove(job);
        jobs.put(job, how);
        if (jobs.size() > MOST) {
            jobs.remove(jobs.keySet().iterator().next());
        }
    }

    /** It has ended. */
    public synchronized void ended(long job) {
        jobs.remove(job);
    }

    /** How a job has been failing; empty if this process did not see it. */
    public synchronized Optional<Job> of(long job) {
        return Optional.ofNullable(jobs.get(job));
    }

    /** Some of them, those that failed last; what ended without a call may be among the others. */
    public synchronized List<Job> last(long most) {
        List<Job> last = new ArrayList<>();
        for (Job job : jobs.sequencedValues().reversed()) {
            if (last.size() >= most) {
                break;
            }
            last.add(job);
        }
        return last;
    }
}
