package dev.holdfast.store.queue;

import java.util.ArrayDeque;
import java.util.Deque;

/** What to do to memory when the transaction it mirrors is rolled back; last step first. */
public final class Undo {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    public void add(Runnable step) {
        steps.push(step);
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    public void run() {
        while (!steps.isEmpty()) {
            steps.pop().run();
        }
    }

    public void forget() {
        steps.clear();
    }
}
