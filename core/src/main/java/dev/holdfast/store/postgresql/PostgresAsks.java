package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.connection.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.longs;
import static dev.holdfast.store.postgresql.connection.PostgresDatabase.texts;

import dev.holdfast.request.JobKey;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.transition.AskRules;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Those who ask in one transaction, in rounds: whoever asks the same as another finds in the next
 * round what the first one wrote. What a round needs to know is read at once, for the first round
 * together with the locks.
 */
final class PostgresAsks {
    private List<Asked> left = new ArrayList<>();
    private @Nullable Round round;

    /** One who asks; told when the transaction is committed. */
    static final class Asked {
        final NewRequest request;
        @Nullable Accepted answer;

        private Asked(NewRequest request) {
            this.request = request;
        }

        Accepted answer() {
            if (answer == null) {
                throw new IllegalStateException("the ask was not decided");
            }
            return answer;
        }
    }

    /** An {@code Idempotency-Key} of a client. */
    record Key(int client, String key) {}

    /** Asks that have nothing in common, and what is known of them. */
    static final class Round {
        final List<Asked> asked = new ArrayList<>();
        final List<Job> jobs = new ArrayList<>();
        final Map<Integer, Integer> pending = new HashMap<>();
        private final Map<Key, KeyRow> keys = new HashMap<>();

        /** Clients, in the order in which their counts are locked. */
        List<Integer> clients() {
            return asked.stream().map(ask -> ask.request.client()).distinct().sorted().toList();
        }

        /** What the ask's own key was used for, if it still counts. */
        @Nullable KeyRow kept(NewRequest ask, long now) {
            NewRequest.Idempotency sent = ask.idempotency();
            KeyRow kept = sent == null ? null : keys.get(new Key(ask.client(), sent.key()));
            return kept == null || kept.expires() <= now ? null : kept;
        }

        void ask(RoundTrip trip) {
            jobs.clear();
            askJobs(trip, asked.stream().map(ask -> ask.request.key()).toList(), jobs);
            trip.query(
                    PostgresSql.PENDING,
                    row -> pending.put(row.getInt(1), row.getInt(2)),
                    ints(clients()));
            askKeys(trip);
        }

        private void askKeys(RoundTrip trip) {
            List<Integer> clients = new ArrayList<>();
            List<@Nullable String> sentKeys = new ArrayList<>();
            for (Asked ask : asked) {
                NewRequest.Idempotency sent = ask.request.idempotency();
                if (sent != null) {
                    clients.add(ask.request.client());
                    sentKeys.add(sent.key());
                }
            }
            if (!clients.isEmpty()) {
                trip.query(
                        PostgresSql.IDEMPOTENCY,
                        row -> {
                            KeyRow kept = KeyRow.read(row);
                            keys.put(new Key(kept.client(), kept.key()), kept);
                        },
                        ints(clients),
                        texts(sentKeys));
            }
        }
    }

    /** Before the locks are taken; one that is not wanted any more is answered already. */
    Asked add(NewRequest request, BooleanSupplier wanted) {
        Asked asked = new Asked(request);
        if (wanted.getAsBoolean()) {
            left.add(asked);
        } else {
            asked.answer = Accepted.UNWANTED;
        }
        return asked;
    }

    /** Asks what the first round needs to know; what an earlier trip told is forgotten. */
    void ask(RoundTrip trip) {
        if (round == null) {
            round = split();
        }
        if (round != null) {
            round.ask(trip);
        }
    }

    /** The first round, or null. */
    @Nullable Round first() {
        return round;
    }

    /** The next round, or null; nothing is known of it yet. */
    @Nullable Round next() {
        round = split();
        return round;
    }

    private @Nullable Round split() {
        if (left.isEmpty()) {
            return null;
        }
        Round next = new Round();
        List<Asked> later = new ArrayList<>();
        Set<Object> taken = new HashSet<>();
        for (Asked asked : left) {
            (isFirst(asked.request, taken) ? next.asked : later).add(asked);
        }
        left = later;
        return next;
    }

    private static boolean isFirst(NewRequest ask, Set<Object> taken) {
        boolean first = taken.add(ask.key());
        NewRequest.Idempotency idempotency = ask.idempotency();
        return (idempotency == null || taken.add(new Key(ask.client(), idempotency.key())))
                && first;
    }

    /** Jobs that are under way, or whose results serve as cache, by their keys. */
    static Map<JobKey, Job> jobs(
            Session sql, List<JobKey> keys, long now, ObjIntConsumer<String> cached)
            throws SQLException {
        RoundTrip trip = new RoundTrip();
        List<Job> rows = new ArrayList<>();
        askJobs(trip, keys, rows);
        trip.run(sql);
        return usable(sql, rows, now, cached);
    }

    /**
     * Of jobs that were found, those that still serve.
     *
     * @param cached told by how much a route has more results kept as cache
     */
    static Map<JobKey, Job> usable(
            Session sql, List<Job> rows, long now, ObjIntConsumer<String> cached)
            throws SQLException {
        Map<JobKey, Job> found = new HashMap<>();
        for (Job job : rows) {
            if (AskRules.serves(job, now)) {
                found.put(new JobKey(job.keyHigh(), job.keyLow()), job);
            } else {
                // Its time is over: it makes room for a new one.
                cached.accept(job.route(), -sql.update(PostgresSql.END_CACHE, job.id()));
            }
        }
        return found;
    }

    /** Asks for jobs that are under way or whose results are kept as cache, by their keys. */
    private static void askJobs(RoundTrip trip, List<JobKey> keys, List<Job> found) {
        trip.query(
                PostgresSql.FIND_JOBS,
                row -> found.add(JobColumn.read(row)),
                longs(keys.stream().map(JobKey::high).toList()),
                longs(keys.stream().map(JobKey::low).toList()));
    }
}
