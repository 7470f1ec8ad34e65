package dev.holdfast.engine.loop;

import java.time.Duration;
import java.time.InstantSource;

/**
 * Tells that the wall clock was set forward, or has gained on the steady one: whatever waits for a
 * time that it shows may be due then, and no alarm knows, since alarms go by the steady clock.
 * Looks each second while that is wanted. On the loop.
 */
public final class WallWatch {
    /** How soon it is seen. */
    public static final Duration LOOK = Duration.ofSeconds(1);

    /** What the clock may gain since it was told of, at once or little by little, untold. */
    private static final Duration GAIN = Duration.ofMillis(20);

    private final InstantSource wall;
    private final InstantSource steady;
    private final Timer timer;
    private final Runnable set;
    private boolean wanted;
    private boolean looking;
    private Duration ahead = Duration.ZERO;

    /**
     * One that does not look yet.
     *
     * @param set is told, at most once a {@link #LOOK}
     */
    public WallWatch(InstantSource wall, InstantSource steady, Timer timer, Runnable set) {
        this.wall = wall;
        this.steady = steady;
        this.timer = timer;
        this.set = set;
    }

    /** Looks from now on, or does no more. */
    public void wanted(boolean is) {
        wanted = is;
        if (is && !looking) {
            looking = true;
            ahead = ahead();
            timer.after(LOOK, this::look);
        }
    }

    private void look() {
        looking = wanted;
        if (!wanted) {
            return;
        }
        Duration now = ahead();
        boolean wasSet = now.minus(ahead).compareTo(GAIN) > 0;
        if (wasSet || now.compareTo(ahead) < 0) {
            ahead = now; // what it gains slowly adds up
        }
        timer.after(LOOK, this::look);
        if (wasSet) {
            set.run();
        }
    }

    private Duration ahead() {
        return Duration.between(steady.instant(), wall.instant());
    }
}
