package dev.holdfast.engine;

import dev.holdfast.store.JobChange;
import dev.holdfast.store.Survival;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Who waits for which job; on the loop. */
final class Watches {
    private final Map<Long, Set<Watcher>> byJob = new HashMap<>();

    /** Somebody who waits for a job. */
    interface Watcher {
        /**
         * The job has moved on.
         *
         * @return whether to be told again
         */
        boolean told(JobChange change);

        /**
         * Something about the job's requests changed, not the job: one was cancelled or expired.
         */
        boolean touched();

        /**
         * Another process moved the job on, or may have: what became of it is in the store.
         *
         * @return whether to be told again
         */
        boolean movedElsewhere();
    }

    void add(long job, Watcher watcher) {
        byJob.computeIfAbsent(job, _ -> LinkedHashSet.newLinkedHashSet(1)).add(watcher);
    }

    /** Jobs that somebody waits for. */
    int jobs() {
        return byJob.size();
    }

    void remove(long job, Watcher watcher) {
        Set<Watcher> watchers = byJob.get(job);
        if (watchers != null) {
            watchers.remove(watcher);
            if (watchers.isEmpty()) {
                byJob.remove(job);
            }
        }
    }

    void tell(long job, JobChange change) {
        keep(job, byJob.remove(job), watcher -> watcher.told(change));
    }

    void touch(long job) {
        keep(job, byJob.remove(job), Watcher::touched);
    }

    void movedElsewhere(long job) {
        keep(job, byJob.remove(job), Watcher::movedElsewhere);
    }

    void allMayHaveMoved() {
        List.copyOf(byJob.keySet()).forEach(this::movedElsewhere);
    }

    private void keep(long job, @Nullable Set<Watcher> told, Predicate<Watcher> again) {
        if (told == null) {
            return;
        }
        Set<Watcher> left = new LinkedHashSet<>();
        for (Watcher watcher : told) {
            // One that fails keeps none of the others from being told.
            Survival.run(
                    () -> {
                        if (again.test(watcher)) {
                            left.add(watcher);
                        }
                    });
        }
        if (!left.isEmpty()) {
            byJob.merge(
                    job,
                    left,
                    (those, these) -> {
                        those.addAll(these);
                        return those;
                    });
        }
    }
}
