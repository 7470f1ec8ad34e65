package dev.holdfast.engine.loop;

import java.time.Duration;
import java.util.function.LongConsumer;

/**
 * Keeps lines of one kind from filling the log: the first few within a while are told, and at its
 * end how many more there were. On the loop.
 */
public final class SummedLog {
    /** Lines within {@link #WHILE} at most, but for the one that sums up. */
    public static final int MOST = 10;

    /** After how long it begins anew. */
    public static final Duration WHILE = Duration.ofSeconds(10);

    private final Timer timer;
    private final LongConsumer sum;
    private long told;
    private long untold;

    /**
     * @param sum tells how many more there were
     */
    public SummedLog(Timer timer, LongConsumer sum) {
        this.timer = timer;
        this.sum = sum;
    }

    /** Tells one more, now or in the sum. */
    public void tell(Runnable line) {
        if (told == MOST) {
            untold++;
            return;
        }
        if (told == 0) {
            timer.after(WHILE, this::over);
        }
        told++;
        line.run();
    }

    private void over() {
        long more = untold;
        told = 0;
        untold = 0;
        if (more > 0) {
            sum.accept(more);
        }
    }
}
