package dev.holdfast.webhook;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.sqlite.TestClocks;
import java.time.Duration;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;

/** Virtual time: what happens next, in order. What a dead process left to do does not happen. */
public final class VirtualTime {
    /** What the machine shows of it. */
    public final TestClocks clocks = new TestClocks();

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long order;
    private int process;

    private record Event(long at, long order, Runnable task) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int byTime = Long.compare(at, other.at);
            return byTime != 0 ? byTime : Long.compare(order, other.order);
        }
    }

    /** Something of the world outside: it outlives every process. */
    public void after(Duration wait, Runnable task) {
        events.add(new Event(now + Math.max(0, wait.toNanos()), order++, task));
    }

    /** The present process's loop. */
    public Executor loop() {
        Timer timer = timer();
        return task -> timer.after(Duration.ZERO, task);
    }

    /** The present process's timer. */
    public Timer timer() {
        int mine = process;
        return (wait, task) -> {
            boolean[] cancelled = new boolean[1];
            after(
                    wait,
                    () -> {
                        if (mine == process && !cancelled[0]) {
                            task.run();
                        }
                    });
            return () -> cancelled[0] = true;
        };
    }

    /** The present process dies; another one begins. */
    public void kill() {
        process++;
    }

    /** Since the start. */
    public Duration elapsed() {
        return Duration.ofNanos(now);
    }

    /** Lets time pass, and all happen that falls into it. */
    public void run(Duration time) {
        long end = now + time.toNanos();
        while (!events.isEmpty() && events.peek().at() <= end) {
            Event next = events.remove();
            clocks.pass(Duration.ofNanos(next.at() - now));
            now = next.at();
            next.task().run();
        }
        clocks.pass(Duration.ofNanos(end - now));
        now = end;
    }
}
