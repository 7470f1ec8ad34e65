package dev.holdfast.store.postgresql;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Outlooks;
import dev.holdfast.store.transition.ClaimRules;
import dev.holdfast.store.transition.ClaimRules.Grant;
import dev.holdfast.store.transition.Expiring;
import dev.holdfast.store.transition.Scheduling;
import dev.holdfast.store.transition.UnitRoom;
import dev.holdfast.store.transition.partition.PartitionTurns;
import dev.holdfast.store.transition.partition.Resuming;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Writes {@link Store#claim}: the ledgers are read under the upstream's lock, or where its
 * partitions are apart under theirs, by its clock.
 */
final class PostgresClaiming {
    /** Partitions that one claim looks at: each takes some 100 µs. */
    private static final int PARTITIONS_AT_ONCE = 128;

    private final PostgresExpiring expiring;
    private final PostgresNumbers numbers;
    private final Outlooks outlooks;

    PostgresClaiming(PostgresExpiring expiring, PostgresNumbers numbers, Outlooks outlooks) {
        this.expiring = expiring;
        this.outlooks = outlooks;
        this.numbers = numbers;
    }

    /**
     * Takes what is due.
     *
     * @param lease the number of this replica's lease, read before
     */
    Claim claim(PostgresTransaction tx, ClaimAsk ask, long lease) throws SQLException {
        Queue queue = tx.locked.queue(ask.upstream());
        if (ask.isCommon()) {
            tx.wholly(queue);
        }
        Expiring.Beside expired = expiring.beside(tx, queue);
        List<Long> started = Scheduling.start(tx, queue);
        int ledger = queue.ledger();
        tx.locked.pool(queue, ask.credentials());
        if (!tx.locked.isShared(queue)) {
            tx.locked.apart(queue, !ask.isCommon() && queue.inner().partitions() > 0);
            tx.lockLedger(ledger);
        }
        tx.flushUse();
        Occupancy slots = tx.slots(ledger, ask.quota());
        UnitRoom room = UnitRoom.read(tx, queue, ask, tx.now());
        Grant grant = ClaimRules.free(queue, ask, slots, room.seats(), tx.now());
        PostgresTaking taking = new PostgresTaking(tx, numbers, slots, expired);
        PartitionTurns turns =
                queue.inner().partitions() == 0
                        ? null
                        : new PartitionTurns(
                                tx, queue, ask, slots, room, PARTITIONS_AT_ONCE, taking);
        List<ClaimedJob> jobs =
                turns != null
                        ? turns.take(grant)
                        : grant.slots() > 0 ? taking.take(queue, grant, room) : List.of();
        taking.written();
        ClaimRules.taken(tx, queue, ask.breaker(), jobs);
        room.seats().after(queue.id);
        Occupancy after = ClaimRules.after(tx, queue, ask, slots, jobs.size(), tx.now());
        Instant next =
                jobs.size() == ask.max()
                        ? null
                        : turns == null
                                ? ClaimRules.nextAt(tx, queue, ask, after, room)
                                : ClaimRules.nextAt(tx, queue, ask, after, room, turns);
        Occupancy told = outlooks.with(tx.sql, ledger, ask.quota(), after, tx.now(), tx.heldOver());
        return new Claim(
                jobs,
                next,
                ClaimRules.state(queue, told, room.after(), tx.now())
                        .with(room.seats().states())
                        .partlyRefused(Resuming.anyRefused(tx.sql, queue)),
                expired.ended(),
                lease,
                started);
    }
}
