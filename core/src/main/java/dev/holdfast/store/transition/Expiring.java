package dev.holdfast.store.transition;

import dev.holdfast.request.Status;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.Expired;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.queue.FairTurns.Candidate;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@link Store#expire}, and keeps what is over from being called: however many end at one
 * moment, a transaction ends a few of them, so that nobody waits for long behind it.
 */
public final class Expiring {
    /** Requests ended in one transaction; the others follow in the next. */
    public static final int MAX_AT_ONCE = 64;

    /** The same in one that claims, and once more among those whose turn it is. */
    public static final int MAX_BESIDE_CLAIM = 32;

    private final Ends ends;

    public Expiring(Ends ends) {
        this.ends = ends;
    }

    /**
     * A request whose expiry has come.
     *
     * @param upstream the number of its job's
     */
    public record Due(RequestKey request, int upstream) {
        public static Due read(ResultSet row) throws SQLException {
            return new Due(
                    new RequestKey(row.getInt(1), Session.uuid(row, 2), row.getLong(3)),
                    row.getInt(4));
        }
    }

    /**
     * Ends requests whose expiry has come; their deliveries are leased to the caller.
     *
     * @param due of upstreams that are locked, where there are locks
     */
    public Expired end(Transaction tx, List<Due> due) throws SQLException {
        List<RequestRecord> ended = new ArrayList<>();
        List<Delivery> deliveries = new ArrayList<>();
        for (Due each : due) {
            Ends.OwnEnd end = ends.endRequest(tx, each.request(), Status.EXPIRED, true);
            if (end == null) {
                continue;
            }
            ended.add(end.request());
            if (end.delivery() != null) {
                deliveries.add(end.delivery());
            }
        }
        Long next = tx.sql.first(CommonSql.NEXT_EXPIRY, row -> Session.longOrNull(row, 1));
        return new Expired(ended, deliveries, Micros.instantOrNull(next));
    }

    /**
     * Ends some beside a claim; their deliveries are due.
     *
     * @param due of upstreams that are locked, where there are locks
     * @param all whether no others are due
     */
    public Beside beside(Transaction tx, List<Due> due, boolean all) throws SQLException {
        Beside beside = new Beside(ends, tx, all);
        for (Due each : due) {
            beside.end(each.request());
        }
        return beside;
    }

    /** What a claim ends, and what it must not call. */
    public static final class Beside {
        private final Ends ends;
        private final Transaction tx;
        private final boolean all;
        private final List<RequestRecord> ended = new ArrayList<>();
        private int left = MAX_BESIDE_CLAIM;

        private Beside(Ends ends, Transaction tx, boolean all) {
            this.ends = ends;
            this.tx = tx;
            this.all = all;
        }

        /** Those that were ended, as they stand now. */
        public List<RequestRecord> ended() {
            return ended;
        }

        private void end(RequestKey request) throws SQLException {
            Ends.OwnEnd end = ends.endRequest(tx, request, Status.EXPIRED, false);
            if (end != null) {
                ended.add(end.request());
            }
        }

        /** What waits but for what nobody wants any more, of which some is ended. */
        public Choosing.Waiting without(Choosing.Waiting waiting) {
            return all ? waiting : new InTime(waiting);
        }

        /** Whether somebody still wants it in time; if nobody does, some of them are ended. */
        private boolean isWanted(long job) throws SQLException {
            if (tx.sql.first(CommonSql.ANY_IN_TIME, row -> row.getInt(1), job, tx.now()) != null) {
                return true;
            }
            List<RequestKey> late =
                    left == 0
                            ? List.of()
                            : tx.sql.list(
                                    CommonSql.LATE_OF,
                                    row -> new RequestKey(row.getInt(1), Session.uuid(row, 2), job),
                                    job,
                                    left);
            for (RequestKey request : late) {
                end(request);
            }
            left -= late.size();
            return false;
        }

        private final class InTime implements Choosing.Waiting {
            private final Choosing.Waiting all;
            private final Set<Long> wanted = new HashSet<>();

            InTime(Choosing.Waiting all) {
                this.all = all;
            }

            @Override
            public List<Candidate> any(Choosing.Line line, int most) throws SQLException {
                return inTime(() -> all.any(line, most));
            }

            @Override
            public List<Candidate> of(Choosing.Line line, String units, int most)
                    throws SQLException {
                return inTime(() -> all.of(line, units, most));
            }

            @Override
            public @Nullable String unitsAfter(Choosing.Line line, String units)
                    throws SQLException {
                return all.unitsAfter(line, units);
            }

            private List<Candidate> inTime(Reading reading) throws SQLException {
                while (true) {
                    List<Candidate> read = reading.read();
                    int before = left;
                    List<Candidate> some = new ArrayList<>();
                    for (Candidate each : read) {
                        if (wanted.contains(each.job()) || isWanted(each.job())) {
                            wanted.add(each.job());
                            some.add(each);
                        }
                    }
                    // Where some have gone, others stand behind them.
                    if (left == before || left == 0) {
                        return some;
                    }
                }
            }
        }

        private interface Reading {
            List<Candidate> read() throws SQLException;
        }
    }
}
