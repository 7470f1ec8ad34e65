package dev.holdfast.store;

import java.util.ArrayDeque;
import java.util.Deque;

/** What to do to memory when the transaction it mirrors is rolled back; last step first. */
final class Undo {
    private final Deque<Runnable> steps = new ArrayDeque<>();

    void add(Runnable step) {
        steps.push(step);
    }

    boolean isEmpty() {
        return steps.isEmpty();
    }

    void run() {
        while (!steps.isEmpty()) {
            steps.pop().run();
        }
    }

    void forget() {
        steps.clear();
    }
}
