package dev.holdfast.store.transition;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Delivery;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells those who waited for a job that it has ended: adds their webhooks, and takes them off their
 * clients' counts and their batches'. What they may look up is the job's own row, so all of them
 * see its end with its commit; this follows in the order of their ids, in slices of which the first
 * is written with the end. The job's row says who was the last, so each is told once, also where a
 * process ends between two slices.
 */
public final class Telling {
    private static final UUID NOBODY = new UUID(0, 0);

    private final StoreOptions options;
    private final DeliveryWrites deliveries;

    /** The job that had the last slice; only for whose turn is next. */
    private long last;

    Telling(StoreOptions options, DeliveryWrites deliveries) {
        this.options = options;
        this.deliveries = deliveries;
    }

    /**
     * A job that has ended.
     *
     * @param upstream its upstream's name
     * @param told who of those who waited was told last
     */
    private record Ended(
            long job,
            String upstream,
            Status status,
            String route,
            Failure.@Nullable Reason reason,
            UUID told) {
        static Ended read(ResultSet row) throws SQLException {
            String reason = Session.text(row, 5);
            boolean failed = !row.wasNull();
            return new Ended(
                    row.getLong(1),
                    Session.text(row, 2),
                    Status.valueOf(Session.text(row, 3).toUpperCase(Locale.ROOT)),
                    Session.text(row, 4),
                    failed ? Failure.Reason.valueOf(reason) : null,
                    Session.uuid(row, 6));
        }
    }

    private record Waiting(int client, UUID id, boolean webhook, boolean expires, int batch) {
        static Waiting read(ResultSet row) throws SQLException {
            return new Waiting(
                    row.getInt(1),
                    Session.uuid(row, 2),
                    Session.text(row, 3) != null,
                    Session.longOrNull(row, 4) != null,
                    row.getInt(5));
        }
    }

    /**
     * The first slice, together with the job's end; smaller, where others were told in this
     * transaction, but never nothing.
     *
     * @param lease whether deliveries are leased to the caller, as far as it may take them
     */
    List<Delivery> begin(
            Transaction tx, Job job, Status status, Failure.@Nullable Reason reason, boolean lease)
            throws SQLException {
        String upstream = tx.queue(job.upstream()).root().name;
        Ended ended = new Ended(job.id(), upstream, status, job.route(), reason, NOBODY);
        return slice(tx, ended, Math.max(1, options.toldAtOnce() - tx.told()), lease);
    }

    /** The upstream of the next job that has somebody to tell, or nothing. */
    public List<String> next(Session sql) throws SQLException {
        Ended next = untold(sql);
        return next == null ? List.of() : List.of(next.upstream());
    }

    /**
     * One slice more, of the job whose turn it is.
     *
     * @param tx with the lock of the job's upstream, where there are locks; without it nothing is
     *     told
     * @return whether there may be more to tell
     */
    public boolean goOn(Transaction tx) throws SQLException {
        Ended next = untold(tx.sql);
        if (next == null) {
            return false;
        }
        if (tx.known(next.upstream()) != null) {
            last = next.job();
            slice(tx, next, options.toldAtOnce(), false);
        }
        return true;
    }

    private @Nullable Ended untold(Session sql) throws SQLException {
        Ended next = sql.first(CommonSql.UNTOLD_JOB, Ended::read, last);
        return next == null && last > 0 ? sql.first(CommonSql.UNTOLD_JOB, Ended::read, 0) : next;
    }

    /** Whether a request's job has ended and the request was not told yet. */
    static boolean isUntold(Transaction tx, RequestKey request) throws SQLException {
        return of(tx, request) != null;
    }

    /**
     * Counts one before its turn, which leaves the job's requests in this transaction, since it is
     * retried; nobody is told of the failure any more.
     */
    void leaves(Transaction tx, RequestKey request) throws SQLException {
        Ended ended = of(tx, request);
        if (ended != null) {
            int batch = (int) tx.sql.number(CommonSql.BATCH_OF, request.client(), request.id());
            var one = new Waiting(request.client(), request.id(), false, false, batch);
            tell(tx, ended, List.of(one), false);
        }
    }

    private static @Nullable Ended of(Transaction tx, RequestKey request) throws SQLException {
        return tx.sql.first(CommonSql.UNTOLD_JOB_OF, Ended::read, request.job(), request.id());
    }

    private List<Delivery> slice(Transaction tx, Ended ended, int most, boolean lease)
            throws SQLException {
        List<Waiting> waiting =
                tx.sql.list(
                        CommonSql.UNTOLD_REQUESTS,
                        Waiting::read,
                        ended.job(),
                        ended.told(),
                        most + 1);
        boolean more = waiting.size() > most;
        List<Waiting> now = more ? waiting.subList(0, most) : waiting;
        if (more || !ended.told().equals(NOBODY)) {
            UUID upTo = more ? now.getLast().id() : null;
            tx.sql.update(CommonSql.TOLD, upTo, ended.job());
        }
        if (now.stream().anyMatch(Waiting::expires)) {
            UUID upTo = now.getLast().id();
            tx.sql.update(CommonSql.STOP_EXPIRIES, ended.job(), ended.told(), upTo);
        }
        tx.told(now.size(), more);
        return tell(tx, ended, now, lease);
    }

    private List<Delivery> tell(Transaction tx, Ended ended, List<Waiting> waiting, boolean lease)
            throws SQLException {
        tx.ended(ended.route(), ended.status(), ended.reason(), waiting.size());
        List<Delivery> leased = new ArrayList<>();
        long chars = 0;
        for (Waiting request : waiting) {
            tx.pending(request.client(), -1);
            tx.batches.moved(request.batch(), Status.QUEUED, ended.status());
            if (request.webhook()) {
                boolean handOver =
                        lease
                                && leased.size() < StoreOptions.MAX_HANDED_OVER
                                && chars < Deliveries.MAX_LEASED_CHARS;
                Delivery delivery =
                        deliveries.add(
                                tx, request.client(), request.id(), ended.status(), handOver);
                if (delivery != null) {
                    leased.add(delivery);
                    chars += delivery.chars();
                }
            }
        }
        return leased;
    }

    /** Has slice after slice written until all are told; others' writes go between them. */
    public static final class Rounds {
        private final Supplier<CompletionStage<Boolean>> slice;

        /** How often it was said that there is something to tell, since there was nothing. */
        private final AtomicInteger asked = new AtomicInteger();

        private volatile boolean failed;

        /**
         * @param slice writes one, and answers whether there may be more
         */
        public Rounds(Supplier<CompletionStage<Boolean>> slice) {
            this.slice = slice;
        }

        /** There may be something to tell. */
        public void begin() {
            if (asked.getAndIncrement() == 0) {
                next();
            }
        }

        /** The store can be written: what failed before is tried again. */
        public void again() {
            if (failed) {
                failed = false;
                begin();
            }
        }

        private void next() {
            int seen = asked.get();
            var _ =
                    slice.get()
                            .whenComplete(
                                    (more, failure) -> {
                                        if (failure != null) {
                                            asked.set(0);
                                            failed = true;
                                        } else if (more || !asked.compareAndSet(seen, 0)) {
                                            next();
                                        }
                                    });
        }
    }
}
