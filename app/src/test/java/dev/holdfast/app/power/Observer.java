package dev.holdfast.app.power;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Everybody outside: who asks, the upstream and who takes webhooks. It knows all that the gateway
 * ever said and when, by the clock of {@link System#nanoTime}.
 */
final class Observer {
    private static final Viewer ALL = new Viewer(0, true);
    private static final Set<String> ENDS = Set.of("succeeded", "failed", "expired", "cancelled");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<Told> told = new ArrayList<>();
    private final List<Called> called = new ArrayList<>();
    private final Set<UUID> webhooks = new HashSet<>();

    /** Requests with a large body, by whose number it is. */
    private final Map<UUID, Integer> large = new ConcurrentHashMap<>();

    /** What arrived other than it was sent. */
    private final List<String> garbled = new ArrayList<>();

    /**
     * Something that was said of a request.
     *
     * @param signature its result, or null
     */
    record Told(long nanos, UUID request, String status, @Nullable String signature) {
        boolean isEnd() {
            return ENDS.contains(status);
        }
    }

    /** A call that arrived at the upstream. */
    record Called(long nanos, String message) {}

    /** Takes what an answer or a webhook says of a request; answers what it understood, or null. */
    synchronized @Nullable Told hear(String body) {
        JsonNode json = read(body);
        JsonNode request = json.has("data") ? json.path("data") : json;
        if (!request.has("id") || !request.has("status")) {
            return null;
        }
        JsonNode result = request.has("result") ? request.path("result") : request;
        Told said =
                new Told(
                        System.nanoTime(),
                        UUID.fromString(request.path("id").asText()),
                        request.path("status").asText(),
                        result.path("signature").asText(null));
        told.add(said);
        return said;
    }

    /** Takes a webhook. */
    synchronized void take(String webhook) {
        Told said = hear(webhook);
        if (said != null) {
            webhooks.add(said.request);
            notifyAll();
        }
    }

    /** Waits for a webhook of each request; those of which there is none. */
    synchronized Set<UUID> awaitWebhooks(Duration atMost) throws InterruptedException {
        long giveUp = System.nanoTime() + atMost.toNanos();
        Set<UUID> missing = new HashSet<>(toldBefore(Long.MAX_VALUE).keySet());
        missing.removeAll(webhooks);
        while (!missing.isEmpty() && System.nanoTime() < giveUp) {
            TimeUnit.NANOSECONDS.timedWait(this, giveUp - System.nanoTime());
            missing.removeAll(webhooks);
        }
        return missing;
    }

    private static JsonNode read(String body) {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not JSON: " + body, e);
        }
    }

    /** A call has arrived; answers which one it is, from 1. */
    synchronized int arrived(String message) {
        called.add(new Called(System.nanoTime(), message));
        return called.size();
    }

    /** A large body has arrived. */
    synchronized void arrived(int number, byte[] body) {
        if (!Arrays.equals(body, LargeBodies.asked(number))) {
            garbled.add("the body of " + number + " arrived with " + body.length + " bytes");
        }
    }

    /** Says that a request has a large body. */
    void large(UUID request, int number) {
        large.put(request, number);
    }

    int largeOnes() {
        return large.size();
    }

    synchronized List<Called> calls() {
        return List.copyOf(called);
    }

    /** The last word on each request before that moment; an end is the last word. */
    synchronized Map<UUID, Told> toldBefore(long nanos) {
        Map<UUID, Told> last = new HashMap<>();
        for (Told said : told) {
            if (said.nanos < nanos) {
                last.merge(said.request, said, (old, now) -> old.isEnd() ? old : now);
            }
        }
        return last;
    }

    /** Requests of which two different ends were told, and bodies that arrived as others. */
    synchronized List<String> contradictions() {
        Map<UUID, Told> ends = new HashMap<>();
        List<String> broken = new ArrayList<>(garbled);
        for (Told said : told) {
            Told first = said.isEnd() ? ends.putIfAbsent(said.request, said) : null;
            if (first != null && !isSame(first, said.status, String.valueOf(said.signature))) {
                broken.add("told as " + first + ", then as " + said);
            }
        }
        return broken;
    }

    /** What a store that the power was cut of at that moment does not know any more. */
    List<String> judge(Path database, long nanos) {
        List<String> broken = new ArrayList<>();
        try {
            try (SqliteStore store = SqliteStore.open(database, StoreOptions.DEFAULT)) {
                for (Told said : toldBefore(nanos).values()) {
                    lost(said, store.reads().request(ALL, said.request)).ifPresent(broken::add);
                }
            }
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                    Statement statement = connection.createStatement()) {
                forgottenCalls(statement, nanos, broken);
                forgottenWebhooks(statement, broken);
                forgottenBodies(connection, nanos, broken);
                LargeBodies.orphans(statement, broken);
                try (ResultSet said = statement.executeQuery("PRAGMA integrity_check")) {
                    if (!said.next() || !said.getString(1).equals("ok")) {
                        broken.add("the file is corrupt");
                    }
                }
            }
        } catch (SQLException | RuntimeException e) {
            broken.add("it cannot be used: " + e);
        }
        return broken;
    }

    private void forgottenBodies(Connection connection, long nanos, List<String> broken)
            throws SQLException {
        for (UUID request : toldBefore(nanos).keySet()) {
            Integer number = large.get(request);
            if (number != null) {
                LargeBodies.lost(connection, request, number, broken);
            }
        }
    }

    private static Optional<String> lost(Told said, Optional<RequestRecord> kept) {
        if (kept.isEmpty()) {
            return Optional.of("not known any more: " + said);
        }
        RequestRecord request = kept.get();
        String status = request.status().name().toLowerCase(Locale.ROOT);
        String result = request.result() == null ? "null" : request.result().body();
        return said.isEnd() && !isSame(said, status, result)
                ? Optional.of("told as " + said + ", kept as " + status + " with " + result)
                : Optional.empty();
    }

    private static boolean isSame(Told said, String status, String result) {
        return said.status.equals(status)
                && (said.signature == null || said.signature.equals(result));
    }

    /** The ledger has each call that arrived: it was written before the call left. */
    private void forgottenCalls(Statement statement, long nanos, List<String> broken)
            throws SQLException {
        Map<String, Integer> missing = new HashMap<>();
        for (Called call : calls()) {
            if (call.nanos < nanos) {
                missing.merge(call.message, 1, Integer::sum);
            }
        }
        try (ResultSet row =
                statement.executeQuery(
                        """
                        SELECT json_extract(job.params, '$.message'), count(*)
                        FROM attempt JOIN job ON job.id = attempt.job GROUP BY 1
                        """)) {
            while (row.next()) {
                missing.merge(row.getString(1), -row.getInt(2), Integer::sum);
            }
        }
        missing.values().removeIf(calls -> calls <= 0);
        missing.forEach((message, calls) -> broken.add(calls + " calls forgotten: " + message));
    }

    /** Everybody asked for a webhook, so whatever has ended has one, delivered or due. */
    private static void forgottenWebhooks(Statement statement, List<String> broken)
            throws SQLException {
        try (ResultSet row =
                statement.executeQuery(
                        """
                        SELECT count(*) FROM request JOIN job ON job.id = request.job
                        WHERE (own_status IS NOT NULL OR job.finished_ms IS NOT NULL)
                        AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.request = request.id)
                        """)) {
            if (row.next() && row.getInt(1) > 0) {
                broken.add(row.getInt(1) + " webhooks forgotten");
            }
        }
    }
}
