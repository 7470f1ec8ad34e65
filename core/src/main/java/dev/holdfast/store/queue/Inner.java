package dev.holdfast.store.queue;

import dev.holdfast.request.Priority;

/**
 * How much waits and runs in an upstream's partitions together, so that nobody has to ask each.
 * Written by the writer's thread, read by any.
 */
public final class Inner {
    /** So many numbers it is. */
    public static final int COUNTS = 3 + 2 * Priority.ALL.size();

    /** Of a partition: it has none. */
    public static final Inner NONE = new Inner();

    private final long[] waiting = new long[2 * Priority.ALL.size()];
    private volatile int running;
    private volatile int partitions;
    private volatile int busy;
    private volatile long sum;
    private boolean changed;

    /** As it was when it was read, where what this adds is written apart from what others do. */
    private long[] read = new long[0];

    /** Nothing. */
    public Inner() {}

    /**
     * As it was kept.
     *
     * @param partitions how many there are
     * @param busy in how many of them jobs wait
     */
    public Inner(int partitions, int busy, int running) {
        this.partitions = partitions;
        this.busy = busy;
        this.running = running;
    }

    private static int at(Priority priority, boolean retry) {
        return 2 * priority.number() + (retry ? 1 : 0);
    }

    /** So many wait as were kept. */
    public void load(Priority priority, boolean retry, long jobs) {
        waiting[at(priority, retry)] += jobs;
        long before = sum;
        sum = before + jobs;
    }

    /** So many run as were kept. */
    public void loadRunning(int calls) {
        int before = running;
        running = before + calls;
    }

    /** There are so many as were kept. */
    public void loadPartitions(int more) {
        int before = partitions;
        partitions = before + more;
    }

    /** There are so many in which jobs wait as were kept. */
    public void loadBusy(int more) {
        int before = busy;
        busy = before + more;
    }

    /** Jobs that wait, of one class. */
    public long waiting(Priority priority, boolean retry) {
        return sum < 0 ? 0 : waiting[at(priority, retry)];
    }

    /** Calls under way. */
    public int running() {
        return running;
    }

    /** Partitions that there are: those in which there is anything, or lately was. */
    public int partitions() {
        return partitions;
    }

    /** Partitions in which jobs wait. */
    public int busy() {
        return busy;
    }

    /** In more of them jobs wait, or in less. */
    void busy(int change, Undo undo) {
        int before = busy;
        undo.add(() -> busy = before);
        busy = before + change;
        changed = true;
    }

    void wait(Priority priority, boolean retry, int change, Undo undo) {
        int at = at(priority, retry);
        undo.add(() -> waiting(at, -change));
        waiting(at, change);
    }

    private void waiting(int at, int change) {
        waiting[at] += change;
        long before = sum;
        sum = before + change; // volatile: what was written before it is seen by who reads it
        changed = true;
    }

    void run(int change, Undo undo) {
        int before = running;
        undo.add(() -> running = before);
        running = before + change;
        changed = true;
    }

    /** There are more, or less. */
    public void partitions(int change, Undo undo) {
        int before = partitions;
        undo.add(() -> partitions = before);
        partitions = before + change;
        changed = true;
    }

    public boolean changed() {
        return changed;
    }

    /**
     * Adds what others have added: {@link #COUNTS} numbers, those of partitions, busy ones and
     * running calls, then first tries and retries of each class, the highest first.
     */
    public void add(long[] counts) {
        loadPartitions((int) counts[0]);
        loadBusy((int) counts[1]);
        loadRunning((int) counts[2]);
        for (Priority each : Priority.ALL) {
            load(each, false, counts[3 + at(each, false)]);
            load(each, true, counts[3 + at(each, true)]);
        }
    }

    /** From here on it is to be known what is added. */
    public void mark() {
        read = counts();
    }

    /** What was added since the mark, as {@link #add} takes it. */
    public long[] added() {
        long[] added = counts();
        for (int i = 0; i < COUNTS; i++) {
            added[i] -= read[i];
        }
        return added;
    }

    private long[] counts() {
        long[] counts = new long[COUNTS];
        counts[0] = partitions;
        counts[1] = busy;
        counts[2] = running;
        System.arraycopy(waiting, 0, counts, 3, waiting.length);
        return counts;
    }

    void forgetChanges() {
        changed = false;
    }
}
