package dev.holdfast.store.queue;

import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.NewRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's row and its jobs that wait, as a transaction sees and changes them. Written by the
 * writer's thread only; what SQLite keeps in memory may be read from any.
 */
public final class Queue {
    public final int id;
    public final String name;
    private final @Nullable Partition partition;

    /** The upstream's own queue, of a partition's. */
    private final @Nullable Queue root;

    private static final List<Rank> NO_RANKS =
            List.copyOf(Collections.nCopies(Priority.ALL.size(), Rank.NONE));

    /** One for each priority, {@link Rank#NONE} until there is something in it. */
    private volatile List<Rank> ranks;

    /** What waits and runs in its partitions. */
    private final Inner inner;

    /** The ledger that its calls count in. */
    private volatile int ledger;

    private volatile boolean paused;
    private volatile long closedUntil;
    private volatile Spell unauthorized;
    private volatile Spell absent;
    private int beat;
    private volatile int running;
    private volatile long scheduled;
    private boolean changed;

    /**
     * An upstream as it was kept.
     *
     * @param root the upstream's own queue, of a partition's; else null
     * @param partition its place among others, if it is one
     * @param inner what waits and runs in its partitions
     * @param ranks one for each priority, the highest first
     * @param beat where their round is, see {@link Precedence}
     */
    public Queue(
            int id,
            String name,
            @Nullable Queue root,
            @Nullable Partition partition,
            Inner inner,
            int ledger,
            List<Rank> ranks,
            int beat,
            boolean paused,
            long closedUntil,
            Spell unauthorized,
            Spell absent,
            int running,
            long scheduled) {
        this.id = id;
        this.name = name;
        this.root = root;
        this.partition = partition;
        this.inner = inner;
        this.ledger = ledger;
        this.ranks = List.copyOf(ranks);
        this.beat = beat;
        this.paused = paused;
        this.closedUntil = closedUntil;
        this.unauthorized = unauthorized;
        this.absent = absent;
        this.running = running;
        this.scheduled = scheduled;
    }

    /** Of an upstream that is heard of for the first time. */
    public static Queue empty(int id, String name, int ledger) {
        return new Queue(
                id,
                name,
                null,
                null,
                new Inner(),
                ledger,
                NO_RANKS,
                0,
                false,
                0,
                Spell.NONE,
                Spell.NONE,
                0,
                0);
    }

    /** Of a partition that is heard of for the first time. */
    public static Queue empty(int id, Queue root, String key) {
        return of(id, root, Partition.fresh(key), 0, 0);
    }

    /**
     * Of a partition in which there is nothing but first tries of the usual class.
     *
     * @param beat where its round is
     * @param serving the turn of these that is served
     */
    public static Queue of(int id, Queue root, Partition partition, int beat, long serving) {
        List<Rank> ranks = NO_RANKS;
        if (serving > 0) {
            Rank usual = new Rank(new Lanes(serving), Lanes.NONE, 0);
            ranks = with(ranks, Priority.NORMAL, usual);
        }
        return new Queue(
                id,
                NewRequest.Place.queue(root.name, partition.key),
                root,
                partition,
                Inner.NONE,
                root.ledger,
                ranks,
                beat,
                false,
                0,
                Spell.NONE,
                Spell.NONE,
                0,
                0);
    }

    /** What it is of another queue; null of an upstream's own. */
    public @Nullable Partition partition() {
        return partition;
    }

    /** The upstream's own queue. */
    public Queue root() {
        return root == null ? this : root;
    }

    /** What waits and runs in its partitions; of a partition nothing. */
    public Inner inner() {
        return inner;
    }

    /** Where its upstream's calls count. */
    public int ledger() {
        return root().ledger;
    }

    /** What it calls is another than it was; that is on disk already. */
    public void ledger(int other, Undo undo) {
        int before = ledger;
        undo.add(() -> ledger = before);
        ledger = other;
    }

    public boolean paused() {
        return paused;
    }

    /** Resuming what is not paused ends the wait after a 429 or a 401. */
    public void pause(boolean paused, Undo undo) {
        if (!paused && !this.paused) {
            open(undo);
        }
        boolean before = this.paused;
        undo.add(() -> this.paused = before);
        this.paused = paused;
        change();
    }

    private void change() {
        changed = true;
        if (partition != null) {
            partition.stir();
        }
    }

    /** Before when it is left alone, whatever for, in steady microseconds. */
    public long shutUntil() {
        return Math.max(closedUntil, unauthorized.until());
    }

    /** Before when an answer asked to be left alone, in steady microseconds. */
    public long closedUntil() {
        return closedUntil;
    }

    public void close(long until, Undo undo) {
        closedUntil(Math.max(closedUntil, until), undo);
    }

    /** Since when the credential is refused, in steady microseconds; 0 if it is not. */
    public long unauthorizedSince() {
        return unauthorized.since();
    }

    /** Before when nobody looks whether it is still refused, in steady microseconds. */
    public long unauthorizedUntil() {
        return unauthorized.until();
    }

    /** The credential was refused; a probe that finds it still so has set the next one already. */
    public void refuse(long now, Undo undo) {
        if (!unauthorized.lasts()) {
            unauthorized(new Spell(now, Probes.next(now, now)), undo);
        }
    }

    /** A single call leaves to find out whether the credential is still refused. */
    public void probed(long now, Undo undo) {
        long next = Probes.next(unauthorized.since(), now);
        unauthorized(unauthorized.unseenUntil(next), undo);
    }

    /**
     * A call that was claimed at {@code taken} was not made. If it was to find out whether the
     * credential is still refused, or whether still nobody is at home, another may do so at once;
     * not while one is under way, nor while an answer asks to be left alone.
     */
    public void unmade(long taken, Undo undo) {
        running(-1, undo);
        notProbed(taken, undo);
        if (partition != null) {
            root().notProbed(taken, undo);
        }
    }

    private void notProbed(long taken, Undo undo) {
        if (unauthorized.lasts()
                && unauthorized.until() == Probes.next(unauthorized.since(), taken)) {
            unauthorized(unauthorized.unseenUntil(0), undo);
        }
        if (absent.lasts() && taken > absent.since()) {
            absent(absent.unseenUntil(0), undo);
        }
    }

    /** A refused credential is tried again at once, and so is one that was not at home. */
    public void probeNow(Undo undo) {
        if (unauthorized.lasts()) {
            unauthorized(unauthorized.unseenUntil(0), undo);
        }
        if (absent.lasts()) {
            absent(absent.unseenUntil(0), undo);
        }
    }

    /** Since when nobody is at home, in steady microseconds; 0 if somebody is. */
    public long absentSince() {
        return absent.since();
    }

    /** Before when nobody looks whether that is still so, in steady microseconds. */
    public long absentUntil() {
        return absent.until();
    }

    /** Nobody is at home; whoever looked and found it still so has set the next time already. */
    public void absent(long now, long pause, Undo undo) {
        if (!absent.lasts()) {
            absent(new Spell(now, now + pause), undo);
        }
    }

    /** A single call leaves to find out whether still nobody is at home. */
    public void lookedForAt(long next, Undo undo) {
        absent(absent.unseenUntil(next), undo);
    }

    /** Somebody answered. */
    public void present(Undo undo) {
        if (absent.lasts()) {
            absent(Spell.NONE, undo);
        }
    }

    private void absent(Spell next, Undo undo) {
        Spell before = absent;
        undo.add(() -> absent = before);
        absent = next;
        change();
    }

    /**
     * A call was taken that left at {@code left}: if the credential was refused by then, it is not
     * any more. Whatever another answer asked for still holds.
     */
    public void authorized(long left, Undo undo) {
        if (unauthorized.lasts() && left >= unauthorized.since()) {
            unauthorized(Spell.NONE, undo);
        }
    }

    /** It is left alone no longer. */
    public void open(Undo undo) {
        present(undo);
        closedUntil(0, undo);
        unauthorized(Spell.NONE, undo);
    }

    private void closedUntil(long until, Undo undo) {
        long before = closedUntil;
        undo.add(() -> closedUntil = before);
        closedUntil = until;
        change();
    }

    private void unauthorized(Spell next, Undo undo) {
        Spell before = unauthorized;
        undo.add(() -> unauthorized = before);
        unauthorized = next;
        change();
    }

    /** Lines by priority, the highest first. */
    public List<Rank> ranks() {
        return ranks;
    }

    public Rank rank(Priority priority) {
        return ranks.get(priority.number());
    }

    private static List<Rank> with(List<Rank> ranks, Priority priority, Rank rank) {
        List<Rank> changed = new ArrayList<>(ranks);
        changed.set(priority.number(), rank);
        return List.copyOf(changed);
    }

    /** A rank to be changed: made now if there was none. */
    private Rank made(Priority priority) {
        if (rank(priority) == Rank.NONE) {
            ranks = with(ranks, priority, new Rank(Lanes.NONE, Lanes.NONE, 0));
        }
        return rank(priority);
    }

    /** Puts back a client's lane as it was kept. */
    public void load(
            Priority priority, boolean retry, int client, long last, long jobs, int weight) {
        made(priority).made(retry).load(client, last, jobs, weight);
    }

    public int beat() {
        return beat;
    }

    /**
     * Slots were given away.
     *
     * @param next where the round is afterwards
     * @param credits of each rank's retries afterwards
     */
    public void served(int next, List<Integer> credits, Undo undo) {
        int before = beat;
        undo.add(() -> beat = before);
        beat = next;
        for (Priority each : Priority.ALL) {
            int credit = credits.get(each.number());
            if (credit != rank(each).credit()) {
                made(each).credit(credit, undo);
            }
        }
        change();
    }

    /** Calls under way, those of its partitions among them. */
    public int running() {
        return running + inner.running();
    }

    /** Calls under way of jobs in this very queue. */
    public int ownRunning() {
        return running;
    }

    public void running(int change, Undo undo) {
        int before = running;
        undo.add(() -> running = before);
        running = before + change;
        change();
        if (partition != null) {
            root().inner.run(change, undo);
        }
    }

    /** A job is in a queue of a class; both have it. */
    private void add(
            Priority priority, boolean retry, int client, long turn, int weight, Undo undo) {
        made(priority).made(retry).add(client, turn, weight, undo);
        counted(priority, retry, 1, undo);
    }

    private void remove(Job job, Undo undo) {
        lanes(job).remove(job.client(), job.turn(), undo);
        counted(job.priority(), job.status() == Status.RETRYING, -1, undo);
    }

    private void counted(Priority priority, boolean retry, int change, Undo undo) {
        if (partition != null) {
            partition.stir();
            root().inner.wait(priority, retry, change, undo);
            long waiting = ownWaiting();
            if ((waiting > 0) != (waiting - change > 0)) {
                root().inner.busy(waiting > 0 ? 1 : -1, undo);
            }
        }
    }

    /** The lanes of its class that a job waits in. */
    private Lanes lanes(Job job) {
        return rank(job.priority()).lanes(job.status() == Status.RETRYING);
    }

    /** The turn that a client's next job gets. */
    public long next(Priority priority, boolean retry, int client, int weight) {
        Lanes lanes = rank(priority).lanes(retry);
        return partition != null && partition.fifo() ? lanes.last() : lanes.next(client, weight);
    }

    /** Whether first tries wait until what is to be tried again has its end. */
    public boolean holdsFirstTries() {
        return partition != null && partition.fifo() && ownRetrying() > 0;
    }

    /** A job waits in the queue, for its first call or for another one. */
    public void enter(Job job, boolean retry, long turn, Undo undo) {
        add(job.priority(), retry, job.client(), turn, job.weight(), undo);
    }

    /** A job has the place again that it had. */
    public void back(Job job, Undo undo) {
        add(
                job.priority(),
                job.status() == Status.RETRYING,
                job.client(),
                job.turn(),
                job.weight(),
                undo);
    }

    /** A job leaves the queue it waits in to run. */
    public void run(Job job, Undo undo) {
        lanes(job).serve(job.client(), job.turn(), undo);
        counted(job.priority(), job.status() == Status.RETRYING, -1, undo);
        running(1, undo);
    }

    /** A job that is not finished leaves for good. */
    public void leave(Job job, Undo undo) {
        switch (job.status()) {
            case QUEUED, RETRYING -> remove(job, undo);
            case RUNNING -> running(-1, undo);
            case SCHEDULED -> scheduled(-1, undo);
            case SUCCEEDED, FAILED, EXPIRED, CANCELLED ->
                    throw new IllegalStateException("job " + job.id() + " has ended before");
        }
    }

    /** Whose turn a job has, and in which class. */
    public record Turn(int client, int weight, Priority priority, long turn) {
        static Turn of(Job job) {
            return new Turn(job.client(), job.weight(), job.priority(), job.turn());
        }
    }

    /**
     * One more client wants a job, which gets the highest priority of all that want it; if that
     * client's turn comes sooner, the job gets it.
     */
    public Turn join(Job job, int client, int weight, Priority priority, Undo undo) {
        Turn now = Turn.of(job);
        if (priority.compareTo(job.priority()) > 0) {
            return now;
        }
        boolean rises = priority != job.priority();
        if (job.status() == Status.RUNNING || job.status() == Status.SCHEDULED) {
            return rises ? new Turn(job.client(), job.weight(), priority, job.turn()) : now;
        }
        boolean retry = job.status() == Status.RETRYING;
        long mine = next(priority, retry, client, weight);
        if (!rises && (retry || mine >= job.turn())) {
            return now;
        }
        remove(job, undo);
        add(priority, retry, client, mine, weight, undo);
        return new Turn(client, weight, priority, mine);
    }

    /** A job is of another class from now on, at its client's next turn there. */
    public Turn change(Job job, Priority priority, Undo undo) {
        long turn = job.turn();
        if (job.status() == Status.QUEUED || job.status() == Status.RETRYING) {
            boolean retry = job.status() == Status.RETRYING;
            remove(job, undo);
            turn = next(priority, retry, job.client(), job.weight());
            add(priority, retry, job.client(), turn, job.weight(), undo);
        }
        return new Turn(job.client(), job.weight(), priority, turn);
    }

    /** The time of a job that was scheduled has come: it waits for its client's next turn. */
    public Turn start(int client, int weight, Priority priority, Undo undo) {
        root().scheduled(-1, undo);
        long turn = next(priority, false, client, weight);
        add(priority, false, client, turn, weight, undo);
        return new Turn(client, weight, priority, turn);
    }

    /** A job that waited for its first call waits for a time again. */
    public void postpone(Job job, Undo undo) {
        remove(job, undo);
        root().scheduled(1, undo);
    }

    /**
     * How many jobs of all classes go before one that waits for its first call, itself included.
     */
    public long position(Priority priority, long turn) {
        return ownQueued().place(priority, rank(priority).first().upTo(turn));
    }

    /** Jobs that wait for their first call, those in its partitions among them. */
    public ByPriority queued() {
        return ByPriority.of(each -> rank(each).first().jobs() + inner.waiting(each, false));
    }

    private ByPriority ownQueued() {
        return ByPriority.of(each -> rank(each).first().jobs());
    }

    /** Jobs that wait for another call, those in its partitions among them. */
    public ByPriority retrying() {
        return ByPriority.of(each -> rank(each).retries().jobs() + inner.waiting(each, true));
    }

    /** Jobs in this very queue that wait for another call. */
    public long ownRetrying() {
        long jobs = 0;
        for (Rank rank : ranks) {
            jobs += rank.retries().jobs();
        }
        return jobs;
    }

    /** Jobs that wait in this very queue. */
    public long ownWaiting() {
        long jobs = ownRetrying();
        for (Rank rank : ranks) {
            jobs += rank.first().jobs();
        }
        return jobs;
    }

    /** Jobs that wait. */
    public long waiting() {
        return queued().total() + retrying().total();
    }

    /** Jobs whose time has not come. */
    public long scheduled() {
        return scheduled;
    }

    /** There are more jobs whose time has not come, or less. */
    public void scheduled(int change, Undo undo) {
        long before = scheduled;
        undo.add(() -> scheduled = before);
        scheduled = before + change;
        change();
    }

    /** Jobs that are not finished. */
    public long unfinished() {
        return waiting() + running() + scheduled;
    }

    /** Whether its row has to be written; the lanes know that themselves. */
    public boolean changed() {
        return changed || inner.changed();
    }

    /** Whether anything else of it changed than how much is in its partitions. */
    public boolean ownChanged() {
        return changed || lanesChanged();
    }

    /** Whether a lane changed, and with it how many jobs wait. */
    public boolean lanesChanged() {
        return ranks.stream().anyMatch(Rank::lanesChanged);
    }

    /** What is on disk is the same now. */
    public void forgetChanges() {
        changed = false;
        if (partition != null) {
            partition.forgetMoves();
        }
        inner.forgetChanges();
        ranks.forEach(Rank::forgetChanges);
    }
}
