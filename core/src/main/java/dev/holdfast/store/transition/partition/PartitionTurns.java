package dev.holdfast.store.transition.partition;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Verdict;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.credential.Seats;
import dev.holdfast.store.queue.Lanes;
import dev.holdfast.store.queue.Partition;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import dev.holdfast.store.transition.Transaction;
import dev.holdfast.store.transition.UnitRoom;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shares an upstream's slots among its partitions, in turn (P6): a call takes room in both ledgers,
 * and in each only as much as there is (P1). A partition that has no room of its own leaves the
 * line until it may have some, so that nobody walks over it again; one that waits for what the
 * upstream has too little of keeps its place. What was asked before the upstream had partitions
 * goes first. Where calls leave with one of several credentials, those of a partition that has its
 * own take no room with these, and wait for none.
 */
public final class PartitionTurns implements ClaimRules.Turns {
    /** Partitions that may keep what frees of the upstream's units before others are looked at. */
    static final int PASSED = 64;

    /** Partitions with headers of their own that are looked at whether these say who calls. */
    static final int ALONE_AT_ONCE = 1_000;

    /** When one is looked at again whose jobs another transaction holds, in microseconds. */
    static final long LOOKED_AGAIN = 1_000_000;

    /** When those are that another transaction has locked, in microseconds. */
    static final long FREE_AGAIN = 20_000;

    /** Partitions woken, or let go of, by one claim. */
    static final int WOKEN = 256;

    private final Transaction tx;
    private final Queue root;
    private final ClaimAsk ask;
    private final Occupancy slots;
    private final UnitRoom room;
    private final Taking taking;
    private final long now;
    private final List<ClaimedJob> jobs = new ArrayList<>();

    /** Those in line that wait for what is the upstream's. */
    private final Set<Integer> passed = new HashSet<>();

    /** When the first of them may go; null if nothing but a call's end can tell. */
    private @Nullable Instant passedUntil;

    /** Of those that call as themselves: how many, and when the first may go. */
    private int passedAlone;

    private @Nullable Instant passedAloneUntil;

    /** Partitions that may still be looked at. */
    private int left;

    /** Whether any partition is allowed something else than each is. */
    private boolean own;

    /** Whether another transaction has some of them locked. */
    private boolean busy;

    /** Has jobs of queues run. */
    @FunctionalInterface
    public interface Taking {
        /** As many as there are slots for. */
        List<ClaimedJob> take(Queue queue, Grant grant, UnitRoom room) throws SQLException;

        /**
         * These are the next to take so many each at most: where the database is far away they are
         * looked for together.
         */
        default void coming(Map<Queue, Integer> next) throws SQLException {}

        /** What was taken is about to be looked at: whatever was not written yet is now. */
        default void written() throws SQLException {}
    }

    /**
     * @param slots what the upstream's ledger says
     * @param room what its other units have
     * @param most partitions that are looked at; the others follow with the next claim, which is
     *     due at once
     */
    public PartitionTurns(
            Transaction tx,
            Queue root,
            ClaimAsk ask,
            Occupancy slots,
            UnitRoom room,
            int most,
            Taking taking) {
        this.left = most;
        this.tx = tx;
        this.root = root;
        this.ask = ask;
        this.slots = slots;
        this.room = room;
        this.taking = taking;
        now = tx.now();
    }

    /** A partition whose turn may have come, and what it may have. */
    private static final class Member {
        final Queue queue;
        final Partition place;
        final Grant grant;
        final UnitRoom room;
        final OwnHeaders headers;

        /** Whether its calls leave with none of several credentials. */
        final boolean alone;

        int given;

        /** Whether nothing of it can be called any more, now. */
        boolean done;

        Member(
                Queue queue,
                Partition place,
                Grant grant,
                UnitRoom room,
                OwnHeaders headers,
                boolean alone) {
            this.headers = headers;
            this.alone = alone;
            this.queue = queue;
            this.place = place;
            this.grant = grant;
            this.room = room;
        }

        /** Its turn after those that it is given. */
        long turn() {
            return Objects.requireNonNull(place.line()) + given * Lanes.TURN;
        }

        boolean wants() {
            return given < grant.slots();
        }
    }

    /** Takes as many as the upstream has slots for. */
    public List<ClaimedJob> take(Grant grant) throws SQLException {
        Places.settle(tx);
        wake();
        Allowed.Known known = Allowed.known(tx.sql, root.id);
        own = known.own();
        Allowed.claimed(tx, root, known, ask.partitions());
        int free = grant.slots();
        if (free > 0 && root.ownWaiting() > 0) {
            jobs.addAll(taking.take(root, grant, room));
            room.seats().after(root.id);
            free -= jobs.size();
        }
        while (free > 0 && left > 0 && passed.size() < PASSED) {
            int few = Math.min(free, left) + passed.size();
            List<Member> members = members(line(few), free);
            if (members.isEmpty()) {
                Places.settle(tx);
                if (inLine() <= passed.size()) {
                    break;
                }
                continue;
            }
            free -= give(members, free, grant.probe());
            Places.settle(tx);
        }
        takeAlone();
        Places.settle(tx);
        return jobs;
    }

    /** Whether some partitions may call as none of several credentials. */
    private boolean mayBeAlone() {
        return own && !room.seats().isNone();
    }

    /** Gives those their turn that need no room with a credential, whatever these have. */
    private void takeAlone() throws SQLException {
        if (!mayBeAlone()) {
            return;
        }
        Grant all = ClaimRules.free(root, ask, slots, room.seats().none(), now);
        int free = all.slots() - jobs.size();
        while (free > 0 && left > 0 && passedAlone < PASSED) {
            List<Integer> line = aloneInLine(Math.min(free, left));
            if (line.isEmpty()) {
                return;
            }
            free -= give(members(tx.partitions(root, line), free), free, all.probe());
            Places.settle(tx);
        }
    }

    /** The next in line of those that leave with none of several credentials, at most so many. */
    private List<Integer> aloneInLine(int most) throws SQLException {
        List<Integer> line = new ArrayList<>();
        tx.sql.list(
                PartitionSql.IN_LINE_ALONE,
                row -> {
                    OwnHeaders its = OwnHeaders.read(row.getString(2));
                    boolean next = line.size() < most && !passed.contains(row.getInt(1));
                    return next
                            && ClaimAsk.leavesAlone(its, ask.credentials())
                            && line.add(row.getInt(1));
                },
                root.id,
                ALONE_AT_ONCE);
        return line;
    }

    /** Puts in line who waited for a time that has come; lets go of those with nothing in them. */
    private void wake() throws SQLException {
        Map<Integer, Long> next = new HashMap<>();
        for (Queue queue : woken()) {
            Partition place = Objects.requireNonNull(queue.partition());
            Long wake = place.wake();
            if (wake == null || wake > now) {
                continue; // another has woken it before it was locked
            }
            if (queue.ownWaiting() > 0) {
                Places.lineUp(tx, queue, place, next);
            } else if (queue.ownRunning() > 0 || queue.paused()) {
                place.sleep(null, tx.undo);
            } else if (queue.shutUntil() > now) {
                place.sleep(queue.shutUntil(), tx.undo);
            } else {
                tx.forget(queue);
            }
        }
        Places.settle(tx);
    }

    private List<Queue> woken() throws SQLException {
        List<Integer> numbers =
                tx.sql.list(PartitionSql.WOKEN, row -> row.getInt(1), root.id, now, WOKEN);
        List<Queue> free = numbers.isEmpty() ? List.of() : tx.partitions(root, numbers);
        busy |= free.size() < numbers.size();
        return free;
    }

    /** The next in line that nobody else has locked; the others are passed. */
    private List<Queue> line(int few) throws SQLException {
        List<Integer> numbers =
                tx.sql.list(PartitionSql.IN_LINE, row -> row.getInt(1), root.id, few);
        List<Queue> free = numbers.isEmpty() ? List.of() : tx.partitions(root, numbers);
        if (free.size() < numbers.size()) {
            numbers.stream()
                    .filter(id -> free.stream().noneMatch(queue -> queue.id == id))
                    .forEach(this::passBusy);
        }
        return free;
    }

    /** Another transaction has it: whatever that does with it, it is to be looked at soon. */
    private void passBusy(int partition) {
        busy = true;
        passed.add(partition);
        passedUntil = earlier(passedUntil, Micros.instant(now + FREE_AGAIN));
    }

    /** The next in line that have room of their own; the others leave it. */
    private List<Member> members(List<Queue> line, int most) throws SQLException {
        Map<String, OwnRules> own =
                this.own
                        ? OwnRows.some(
                                tx.sql,
                                root.id,
                                line.stream()
                                        .map(one -> Objects.requireNonNull(one.partition()).key)
                                        .toList())
                        : Map.of();
        List<Coming> coming = new ArrayList<>();
        for (Queue queue : line) {
            if (passed.contains(queue.id)) {
                continue;
            }
            left--;
            Partition place = Objects.requireNonNull(queue.partition());
            if (place.line() == null) {
                passed.add(queue.id); // another has taken it out before it was locked
                continue;
            }
            place.fifo(ask.partitions().fifo(), tx.undo);
            OwnRules its = own.getOrDefault(place.key, OwnRules.NONE);
            if (its.paused()) {
                place.sleep(null, tx.undo);
            } else {
                coming.add(new Coming(queue, place, its, its.over(ask.partitions())));
            }
        }
        List<Member> members = new ArrayList<>();
        for (Counted each : counted(coming)) {
            Member member = member(each, most);
            if (member != null) {
                members.add(member);
            }
        }
        return members;
    }

    /** A partition that is not paused, and what is allowed in it. */
    private record Coming(Queue queue, Partition place, OwnRules its, PartitionRules rules) {}

    /** One that nobody else uses of, with its calls' ledger and what that says. */
    private record Counted(Coming coming, int ledger, Occupancy calls) {}

    /** Looks into their ledgers; those that another transaction uses of are passed. */
    private List<Counted> counted(List<Coming> coming) throws SQLException {
        if (coming.isEmpty()) {
            return List.of();
        }
        // Counted without a quota, too: it may be given one.
        List<Integer> ledgers =
                tx.partitionsLedgers(
                        coming.stream().map(each -> identity(root, each.place.key)).toList());
        Map<Quota, List<Integer>> looks = new HashMap<>();
        for (int i = 0; i < coming.size(); i++) {
            Quota quota = coming.get(i).rules.quota();
            if (ledgers.get(i) != Transaction.TAKEN && !quota.windows().isEmpty()) {
                looks.computeIfAbsent(quota, _ -> new ArrayList<>()).add(ledgers.get(i));
            }
        }
        Map<Integer, Occupancy> taken = new HashMap<>();
        if (!looks.isEmpty()) {
            taking.written();
        }
        for (Map.Entry<Quota, List<Integer>> each : looks.entrySet()) {
            taken.putAll(tx.taken(each.getValue(), each.getKey()));
        }
        List<Counted> counted = new ArrayList<>();
        for (int i = 0; i < coming.size(); i++) {
            Coming each = coming.get(i);
            int ledger = ledgers.get(i);
            if (ledger == Transaction.TAKEN) {
                passBusy(each.queue.id);
            } else {
                Occupancy calls =
                        each.rules.quota().windows().isEmpty()
                                ? new Occupancy(each.queue.ownRunning(), Steps.NONE)
                                : Objects.requireNonNull(taken.get(ledger));
                counted.add(new Counted(each, ledger, calls));
            }
        }
        return counted;
    }

    private @Nullable Member member(Counted counted, int most) throws SQLException {
        Queue queue = counted.coming.queue;
        Partition place = counted.coming.place;
        OwnRules its = counted.coming.its;
        PartitionRules rules = counted.coming.rules;
        int ledger = counted.ledger;
        Occupancy calls = counted.calls;
        int concurrency = place.fifo() ? 1 : rules.concurrency();
        int free = Math.min(most, concurrency - queue.ownRunning());
        if (free <= 0) {
            place.sleep(null, tx.undo);
            return null;
        }
        ClaimAsk own =
                new ClaimAsk(
                        root.name, rules.quota(), rules.units(), ask.breaker(), free, ask.lease());
        Seats none = Seats.read(tx.sql, root.id, List.of(), now, tx.heldOver());
        Grant grant = ClaimRules.free(queue, own, calls, none, now);
        if (grant.slots() == 0) {
            place.sleep(nextFree(queue, rules.quota(), calls), tx.undo);
            return null;
        }
        boolean alone = ClaimAsk.leavesAlone(its.headers(), ask.credentials());
        Seats with = alone ? room.seats().none() : room.seats();
        UnitRoom inside = room.inside(ledger, rules.units(), with);
        return new Member(queue, place, grant, inside, its.headers(), alone);
    }

    /** What a partition's calls count as. */
    static String identity(Queue root, String key) {
        return "partition " + root.ledger() + " " + key;
    }

    /** When it may have a slot of its own; null if only what happens in it can tell. */
    private @Nullable Long nextFree(Queue queue, Quota quota, Occupancy calls) {
        if (queue.paused() || queue.ownWaiting() == 0) {
            return null;
        }
        Instant at =
                switch (quota.verdict(calls, Micros.instant(now))) {
                    case Verdict.Granted _ -> Micros.instant(now);
                    case Verdict.NotBefore(Instant frees) -> frees;
                    case Verdict.Probe(Instant probe) -> probe;
                    case Verdict.AfterSettling() -> null;
                };
        return at == null ? null : Long.valueOf(Math.max(Micros.of(at), queue.shutUntil()));
    }

    /** Gives slots to these, each in its turn. */
    private int give(List<Member> members, int most, boolean probe) throws SQLException {
        int taken = 0;
        List<Turn> turns = turns(members, most);
        Map<Queue, Integer> next = new LinkedHashMap<>();
        turns.forEach(turn -> next.putIfAbsent(turn.member.queue, turn.slots));
        taking.coming(next);
        for (Turn turn : turns) {
            if (!turn.member.done) {
                taken += give(turn.member, turn.slots, probe);
            }
        }
        return taken;
    }

    /** Slots that a member has one after the other. */
    private static final class Turn {
        final Member member;
        int slots;

        Turn(Member member) {
            this.member = member;
        }
    }

    /**
     * Who has how many slots, in the order in which they have their turns. Where other units than
     * calls are common to them each gets no more at once than until another one's turn: what is
     * dear would be gone. Else it is all the same, and each gets all that it has in one go.
     */
    private List<Turn> turns(List<Member> members, int most) {
        PriorityQueue<Member> next =
                new PriorityQueue<>(
                        Comparator.comparingLong(Member::turn)
                                .thenComparingInt(member -> member.queue.id));
        next.addAll(members);
        boolean dear = ask.countsUnits();
        Map<Member, Turn> goes = new HashMap<>();
        List<Turn> turns = new ArrayList<>();
        for (int given = 0; given < most && !next.isEmpty(); given++) {
            Member member = next.remove();
            member.given++;
            if (member.wants()) {
                next.add(member);
            }
            Turn turn = goes.get(member);
            if (turn == null || (dear && turn != turns.getLast())) {
                turn = new Turn(member);
                goes.put(member, turn);
                turns.add(turn);
            }
            turn.slots++;
        }
        return turns;
    }

    private int give(Member member, int most, boolean probe) throws SQLException {
        Queue queue = member.queue;
        Partition place = member.place;
        long line = Objects.requireNonNull(place.line());
        Grant grant = new Grant(most, probe || member.grant.probe());
        List<ClaimedJob> taken = taking.take(queue, grant, member.room);
        if (!member.room.isOfCallsOnly()) {
            taking.written(); // those after them look at what they took
        }
        room.seats().after(root.id); // what they took is taken for those after them
        ClaimRules.taken(tx, queue, ask.breaker(), taken);
        taken.forEach(job -> jobs.add(job.with(member.headers)));
        if (!taken.isEmpty()) {
            long last = line + (taken.size() - 1) * Lanes.TURN;
            place.served(last, last + Lanes.TURN, tx.undo);
        }
        var _ = place.wasStirred(); // by the claim itself
        if (queue.ownWaiting() == 0) {
            member.done = true;
            place.sleep(Places.idle(tx, queue), tx.undo);
        } else if (taken.size() < most) {
            member.done = true;
            leave(member);
        }
        return taken.size();
    }

    /** It has slots, and nothing that may have them now. */
    private void leave(Member member) throws SQLException {
        UnitRoom own = member.room;
        long due = tx.sql.number(CommonSql.NEXT_RETRY, member.queue.id);
        Instant retry = due == 0 ? null : Micros.instant(due);
        if (own.isShared()) {
            passed.add(member.queue.id);
            left++; // it keeps its place, and those behind it are to be looked at now
            passedUntil = earlier(passedUntil, earlier(retry, own.nextAt(root.running() > 0)));
            if (member.alone) {
                passedAlone++;
                Instant at = earlier(retry, own.nextAt(root.running() > 0));
                passedAloneUntil = earlier(passedAloneUntil, at);
            }
            return;
        }
        Instant next = earlier(retry, own.nextAt(member.queue.ownRunning() > 0));
        long again = next == null ? now + LOOKED_AGAIN : Micros.of(next);
        boolean event = next == null && own.blocks();
        member.place.sleep(event ? null : Long.valueOf(again), tx.undo);
    }

    private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
        return one == null || (other != null && other.isBefore(one)) ? other : one;
    }

    /** How many are in line, as far as it matters. */
    private long inLine() throws SQLException {
        return tx.sql.number(PartitionSql.COUNT_IN_LINE, root.id, passed.size() + 1);
    }

    @Override
    public @Nullable Instant next() throws SQLException {
        Instant moment = Micros.instant(now);
        boolean others = passed.size() < PASSED && inLine() > passed.size();
        Instant next = others ? moment : passedUntil;
        long wake = tx.sql.number(PartitionSql.NEXT_WAKE, root.id);
        if (busy && wake != 0) {
            wake = Math.max(wake, now + FREE_AGAIN);
        }
        return earlier(next, wake == 0 ? null : Micros.instant(wake));
    }

    @Override
    public @Nullable Instant alone() throws SQLException {
        if (!mayBeAlone()) {
            return null;
        }
        boolean others = passedAlone < PASSED && !aloneInLine(1).isEmpty();
        Instant next = others ? Micros.instant(now) : passedAloneUntil;
        long wake = tx.sql.number(PartitionSql.NEXT_WAKE_ALONE, root.id);
        return earlier(next, wake == 0 ? null : Micros.instant(wake));
    }
}
