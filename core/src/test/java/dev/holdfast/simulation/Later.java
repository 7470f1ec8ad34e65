package dev.holdfast.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The check of what is wanted later: nothing is called before the earliest of the times that were
 * ever wanted for it, as the wall clock shows them; what was surely wanted by its time is due then.
 */
final class Later {
    /** In which what falls due since the clock was set is seen, and what a clock rounds. */
    private static final Duration NOTICED = Duration.ofSeconds(2);

    private final World world;
    private final Consumer<String> violation;
    private final Consumer<String> due;
    private final Map<String, Wanted> wanted = new HashMap<>();
    private final Set<String> begun = new HashSet<>();
    private int checked;

    /** One job that waits for a time. */
    private static final class Wanted {
        /** Before this it is surely not wanted. */
        private Instant earliest = Instant.MAX;

        /** Whether the clock has ever shown that. */
        private boolean reached;

        /** By request: what is surely wanted. */
        private final Map<UUID, Instant> kept = new HashMap<>();

        private @Nullable Instant due() {
            return kept.values().stream().min(Instant::compareTo).orElse(null);
        }

        private void mayBe(Instant time) {
            if (time.isBefore(earliest)) {
                earliest = time;
            }
        }
    }

    /**
     * Sees one seed's calls.
     *
     * @param violation told what broke P5
     * @param due told of a message that should have left with the next free slot
     */
    Later(World world, Consumer<String> violation, Consumer<String> due) {
        this.world = world;
        this.violation = violation;
        this.due = due;
    }

    int checked() {
        return checked;
    }

    /** Somebody says so; whether it was heard is not known yet. */
    void asked(String message, Instant time) {
        if (!begun.contains(message)) {
            wanted.computeIfAbsent(message, _ -> new Wanted()).mayBe(time);
        }
    }

    /** It is on disk that this request waits for that time. */
    void kept(String message, UUID request, @Nullable Instant time) {
        Wanted job = wanted.get(message);
        if (job != null && time != null) {
            job.kept.put(request, time);
            watch(message);
        }
    }

    /** The one who wanted it wants it at another time, and was heard. */
    void changed(String message, UUID request, Instant time) {
        Wanted job = wanted.get(message);
        if (job != null) {
            job.kept.put(request, time);
            job.earliest = time;
            job.reached = false;
            watch(message);
        }
    }

    /** Somebody will set the clock. */
    void clockIsSet(Runnable set) {
        wanted.values().forEach(this::look);
        set.run();
        watchAll();
    }

    /** All that waits is waited for anew. */
    void watchAll() {
        wanted.keySet().forEach(this::watch);
    }

    /** Whether it is surely due; false if it left. */
    boolean isDue(String message) {
        Wanted job = wanted.get(message);
        Instant time = job == null ? null : job.due();
        return time != null && !world.wall().isBefore(time.plus(NOTICED));
    }

    private void watch(String message) {
        Wanted job = wanted.get(message);
        Instant time = job == null ? null : job.due();
        if (time != null) {
            Duration wait = Duration.between(world.wall(), time);
            world.after(
                    NOTICED.plus(wait.isNegative() ? Duration.ZERO : wait),
                    () -> {
                        if (isDue(message)) {
                            due.accept(message);
                        }
                    });
        }
    }

    private void look(Wanted job) {
        // A store keeps milliseconds.
        job.reached |= !world.wall().plusMillis(1).isBefore(job.earliest);
    }

    /** A call leaves. */
    void left(String message) {
        Wanted job = wanted.remove(message);
        if (job == null) {
            return;
        }
        checked++;
        begun.add(message);
        look(job);
        if (!job.reached) {
            violation.accept(
                    "called at "
                            + world.wall()
                            + ", wanted at "
                            + job.earliest
                            + " or later: "
                            + message);
        }
    }
}
