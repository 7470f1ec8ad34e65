package dev.holdfast.app.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A progress bar with an ETA: redrawn in place on a terminal, else a line now and then. */
public final class Progress implements AutoCloseable {
    private static final int BAR_CHARS = 30;
    private static final Duration REDRAW = Duration.ofMillis(100);
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    /** Nobody watches for longer. */
    private static final Duration FAR = Duration.ofDays(36_500);

    /** How often it shows that it lives while nothing gets done. */
    private static final Duration TICK = Duration.ofSeconds(1);

    /** Before this what was done at once says nothing of the rest. */
    private static final Duration SETTLES = Duration.ofSeconds(2);

    /** Of the time so far: its last third tells how fast it goes now. */
    private static final int RECENT = 3;

    /** How often it is noted how much was done, of the time so far: bounds the notes. */
    private static final int NOTES = 60;

    /** What is told as one figure may be wrong by so much of it: a third. */
    private static final double APART = 4 / 3.0;

    private final PrintWriter err;
    private final boolean terminal;
    private final int total;
    private final int skipped;
    private final LongSupplier nanos;
    private final long began;
    private final Deque<Note> notes = new ArrayDeque<>();
    private int done;
    private int failed;
    private long drawn;
    private @Nullable Thread ticks;
    private @Nullable Long toldEnd;

    /**
     * @param total all there is to do; 0 = nothing is shown
     * @param skipped how many of them were done before
     */
    public Progress(PrintWriter err, boolean terminal, int total, int skipped) {
        this(err, terminal, total, skipped, System::nanoTime);
    }

    Progress(PrintWriter err, boolean terminal, int total, int skipped, LongSupplier nanos) {
        this.nanos = nanos;
        began = nanos.getAsLong();
        this.err = err;
        this.terminal = terminal;
        this.total = total;
        this.skipped = skipped;
        this.drawn = began;
    }

    /** Whether standard error is a terminal; a redirected one gets no control characters. */
    public static boolean onTerminal() {
        return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    }

    /** Shows it from now on, also while nothing gets done: a first result may take minutes. */
    public synchronized void begin() {
        if (total > 0 && ticks == null) {
            draw(nanos.getAsLong());
            ticks = Thread.ofVirtual().start(this::tick);
        }
    }

    /** How much was done at a time. */
    private record Note(long at, int done) {}

    /**
     * Somebody who knows more than how fast it went says how long the rest takes; null: nobody does
     * any more.
     */
    public synchronized void told(@Nullable Duration left) {
        toldEnd =
                left == null
                        ? null
                        : (Long)
                                (nanos.getAsLong()
                                        + (left.compareTo(FAR) < 0 ? left : FAR).toNanos());
    }

    public synchronized void step(boolean success) {
        note(nanos.getAsLong());
        done++;
        if (!success) {
            failed++;
        }
        drawIfTime(REDRAW);
    }

    /** Shows it as it stands, if there was time for that. */
    void tickNow() {
        drawIfTime(TICK);
    }

    synchronized int notes() {
        return notes.size();
    }

    private void tick() {
        try {
            while (true) {
                Thread.sleep(TICK);
                tickNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void drawIfTime(Duration onTerminal) {
        if (total == 0) {
            return;
        }
        long now = nanos.getAsLong();
        Duration every = terminal ? onTerminal : LINE_EVERY;
        if (now - drawn >= every.toNanos()) {
            drawn = now;
            draw(now);
        }
    }

    @Override
    public synchronized void close() {
        if (ticks != null) {
            ticks.interrupt();
        }
        if (total > 0) {
            draw(nanos.getAsLong());
            if (terminal) {
                err.println();
            }
        }
        err.flush();
    }

    private void draw(long now) {
        int all = done + skipped;
        double seconds = Math.max(0.001, (now - began) / 1e9);
        double rate = done / seconds;
        String eta =
                all >= total
                        ? "done in " + clock(Math.round(seconds))
                        : rate <= 0 && toldEnd == null
                                ? "none yet after " + clock(Math.round(seconds))
                                : eta(total - all, now);
        int filled = total == 0 ? BAR_CHARS : (int) ((long) BAR_CHARS * all / total);
        String line =
                String.format(
                        Locale.ROOT,
                        "[%s%s] %d/%d %.1f/s %s%s",
                        "#".repeat(filled),
                        ".".repeat(BAR_CHARS - filled),
                        all,
                        total,
                        rate,
                        eta,
                        failed == 0 ? "" : ", " + failed + " failed");
        if (terminal) {
            err.print("\r\u001b[K" + line);
        } else {
            err.println(line);
        }
        err.flush();
    }

    /**
     * How long the rest takes at the speed of the whole time and at that of its last third; as one
     * figure where they agree. What is easy is done first: then the first is too soon.
     */
    private String eta(int left, long now) {
        note(now);
        if (toldEnd != null) {
            return "ETA " + clock(Math.max(1, Math.ceilDiv(toldEnd - now, 1_000_000_000L)));
        }
        double seconds = (now - began) / 1e9;
        if (seconds < SETTLES.toSeconds()) {
            return "no ETA yet";
        }
        Note then = Objects.requireNonNull(notes.peekFirst());
        double whole = left * seconds / done;
        int lately = done - then.done();
        if (lately == 0) {
            return "ETA " + clock(Math.round(whole)) + " or more";
        }
        double recent = left * ((now - then.at()) / 1e9) / lately;
        double soonest = Math.min(whole, recent);
        double latest = Math.max(whole, recent);
        return latest <= soonest * APART
                ? "ETA " + clock(Math.round(latest))
                : "ETA " + clock(Math.round(soonest)) + " to " + clock(Math.round(latest));
    }

    /** Notes how much is done, and forgets all but the last note before the last third began. */
    private void note(long now) {
        long far = (now - began) / RECENT;
        Note last = notes.peekLast();
        if (last == null || now - last.at() >= (now - began) / NOTES) {
            notes.addLast(new Note(now, done));
        }
        while (notes.size() > 1) {
            Note first = notes.removeFirst();
            if (now - Objects.requireNonNull(notes.peekFirst()).at() < far) {
                notes.addFirst(first);
                break;
            }
        }
    }

    public static String clock(long seconds) {
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return seconds / 60 + "m" + String.format(Locale.ROOT, "%02d", seconds % 60) + "s";
        }
        return seconds / 3600 + "h" + String.format(Locale.ROOT, "%02d", seconds / 60 % 60) + "m";
    }
}
