package dev.holdfast.app.terminal;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A progress bar with an ETA: redrawn in place on a terminal, else a line now and then. */
public final class Progress implements AutoCloseable {
    private static final int BAR_CHARS = 30;
    private static final Duration REDRAW = Duration.ofMillis(100);
    private static final Duration LINE_EVERY = Duration.ofSeconds(10);

    /** How often it shows that it lives while nothing gets done. */
    private static final Duration TICK = Duration.ofSeconds(1);

    private final PrintWriter err;
    private final boolean terminal;
    private final int total;
    private final int skipped;
    private final long began = System.nanoTime();
    private int done;
    private int failed;
    private long drawn;
    private @Nullable Thread ticks;

    /**
     * @param total all there is to do; 0 = nothing is shown
     * @param skipped how many of them were done before
     */
    public Progress(PrintWriter err, boolean terminal, int total, int skipped) {
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
            draw(System.nanoTime());
            ticks = Thread.ofVirtual().start(this::tick);
        }
    }

    public synchronized void step(boolean success) {
        done++;
        if (!success) {
            failed++;
        }
        drawIfTime(REDRAW);
    }

    private void tick() {
        try {
            while (true) {
                Thread.sleep(TICK);
                drawIfTime(TICK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void drawIfTime(Duration onTerminal) {
        if (total == 0) {
            return;
        }
        long now = System.nanoTime();
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
            draw(System.nanoTime());
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
                        : rate <= 0
                                ? "none yet after " + clock(Math.round(seconds))
                                : "ETA " + clock(Math.round((total - all) / rate));
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
