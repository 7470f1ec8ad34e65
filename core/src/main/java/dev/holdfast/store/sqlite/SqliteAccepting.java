package dev.holdfast.store.sqlite;

import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.transition.AskRules;
import dev.holdfast.store.transition.AskWrites;
import dev.holdfast.store.transition.RecentHits;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes {@link Store#accept}. */
final class SqliteAccepting {
    private final AskWrites writes;
    private final RecentHits hits = new RecentHits();

    SqliteAccepting(AskWrites writes) {
        this.writes = writes;
    }

    /** Many at once, each as if it came alone. */
    List<Accepted> accept(SqliteTransaction tx, List<NewRequest> asks) throws SQLException {
        List<Accepted> accepted = new ArrayList<>(asks.size());
        for (NewRequest ask : asks) {
            accepted.add(accept(tx, ask));
        }
        return accepted;
    }

    Accepted accept(SqliteTransaction tx, NewRequest ask) throws SQLException {
        Queue queue = tx.queue(ask.upstream());
        AskRules.Known known =
                new AskRules.Known(
                        AskWrites.kept(tx, key(tx, ask)),
                        tx.find(ask.key()),
                        hits.open(ask, tx.now()),
                        tx.pending(ask.client()),
                        queue.unfinished());
        return switch (AskRules.decide(known, ask)) {
            case AskRules.Repeated(RequestRecord request) ->
                    AskWrites.held(tx, request, Accepted.How.REPEATED);
            case AskRules.Refused(Accepted.Why why) -> new Accepted.Refused(why);
            case AskRules.Cached(Job job) -> {
                hits.count(ask);
                add(tx, ask, job, true);
                writes.ended(tx, ask);
                yield AskWrites.held(tx, ask, Accepted.How.CACHED);
            }
            case AskRules.Joined(Job job) -> {
                AskWrites.join(tx, ask, job);
                add(tx, ask, job, false);
                yield AskWrites.held(tx, ask, Accepted.How.COLLAPSED);
            }
            case AskRules.Fresh() -> {
                Job job = AskWrites.fresh(tx, ask, queue);
                tx.add(job);
                RequestRecord request = add(tx, ask, job, false).fresh(job);
                yield AskWrites.held(tx, request, Accepted.How.NEW);
            }
        };
    }

    private static @Nullable KeyRow key(SqliteTransaction tx, NewRequest ask) throws SQLException {
        NewRequest.Idempotency sent = ask.idempotency();
        return sent == null
                ? null
                : tx.sql.first(
                        SqliteSql.IDEMPOTENCY, KeyRow::read, ask.client(), sent.key(), tx.now());
    }

    /** Adds the request's own row. */
    private static AskedRow add(SqliteTransaction tx, NewRequest ask, Job job, boolean done)
            throws SQLException {
        AskedRow row = tx.asked(ask, job, done);
        tx.sql.update(SqliteSql.ADD_REQUEST, SqliteSql.REQUEST_ROW.values(row));
        tx.counted(ask, done);
        NewRequest.Idempotency sent = ask.idempotency();
        if (sent != null) {
            tx.sql.update(
                    SqliteSql.ADD_IDEMPOTENCY,
                    KeyRow.INSERT.values(KeyRow.of(ask, sent, tx.now())));
        }
        return row;
    }
}
