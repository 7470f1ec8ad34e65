package dev.holdfast.store.sql;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Texts;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Operations;
import dev.holdfast.store.Operations.Act;
import dev.holdfast.store.Operations.Chosen;
import dev.holdfast.store.Operations.Filter;
import dev.holdfast.store.Operations.OperationRecord;
import dev.holdfast.store.Operations.State;
import dev.holdfast.store.Viewer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads operations from their rows, and what they choose; the same in every dialect. */
public final class OperationRows {
    private OperationRows() {}

    /** One in the viewer's reach, or null. */
    public static @Nullable OperationRecord find(Session sql, Viewer viewer, UUID id)
            throws SQLException {
        OperationRecord found = sql.first(OperationSql.OPERATION, OperationRows::read, id);
        boolean reach =
                found != null && (viewer.all() || found.viewer().client() == viewer.client());
        return reach ? found : null;
    }

    public static List<OperationRecord> list(
            Session sql, Viewer viewer, int limit, @Nullable UUID before) throws SQLException {
        StringBuilder text = new StringBuilder(OperationSql.ALL_OPERATIONS);
        List<Object> values = new ArrayList<>();
        if (!viewer.all()) {
            text.append(" AND client = ?");
            values.add(viewer.client());
        }
        if (before != null) {
            text.append(" AND id < ?");
            values.add(before);
        }
        text.append(" ORDER BY id DESC LIMIT ?");
        values.add(limit);
        return sql.list(text.toString(), OperationRows::read, values.toArray());
    }

    public static OperationRecord read(ResultSet row) throws SQLException {
        Long ended = Session.longOrNull(row, 14);
        row.getBytes(9);
        UUID cursor = row.wasNull() ? null : Session.uuid(row, 9);
        return new OperationRecord(
                Session.uuid(row, 1),
                new Viewer(row.getInt(2), row.getInt(3) == 1),
                Act.valueOf(Session.text(row, 4).toUpperCase(Locale.ROOT)),
                filter(Session.text(row, 5)),
                row.getInt(6) == 1,
                row.getInt(7),
                State.valueOf(Session.text(row, 8).toUpperCase(Locale.ROOT)),
                cursor,
                row.getInt(10),
                row.getInt(11),
                row.getInt(12),
                Instant.ofEpochMilli(row.getLong(13)),
                ended == null ? null : Instant.ofEpochMilli(ended));
    }

    /** A filter as it is kept. */
    public static String text(Filter filter) {
        Map<String, String> fields = new TreeMap<>();
        put(fields, "status", filter.status());
        put(fields, "reason", filter.reason());
        put(fields, "upstream_status", filter.upstreamStatus());
        put(fields, "route", filter.route());
        put(fields, "upstream", filter.upstream());
        put(fields, "partition", filter.partition());
        put(fields, "host", filter.host());
        put(fields, "client", filter.client());
        put(fields, "batch", filter.batch());
        put(fields, "since", filter.since());
        put(fields, "until", filter.until());
        return Texts.write(fields);
    }

    private static void put(Map<String, String> fields, String name, @Nullable Object value) {
        if (value != null) {
            fields.put(name, value.toString());
        }
    }

    private static Filter filter(String text) {
        Map<String, String> fields = Texts.read(text);
        String status = fields.get("upstream_status");
        String client = fields.get("client");
        String batch = fields.get("batch");
        return new Filter(
                fields.get("status"),
                fields.get("reason"),
                status == null ? null : Integer.valueOf(status),
                fields.get("route"),
                fields.get("upstream"),
                fields.get("partition"),
                fields.get("host"),
                client == null ? null : Integer.valueOf(client),
                batch == null ? null : UUID.fromString(batch),
                instant(fields.get("since")),
                instant(fields.get("until")));
    }

    private static @Nullable Instant instant(@Nullable String text) {
        return text == null ? null : Instant.parse(text);
    }

    /** One that was looked at. */
    private record Looked(UUID id, boolean wanted) {}

    /** What an operation chooses next, in the order of the ids, after a bounded look. */
    public static Chosen choose(Session sql, OperationRecord operation) throws SQLException {
        boolean deliveries = operation.act() == Act.REDELIVER;
        List<Object> values = new ArrayList<>();
        String where = where(operation, deliveries, values);
        values.add(Operations.ROWS_AT_ONCE);
        String text =
                (deliveries ? OperationSql.CHOOSE_DELIVERIES : OperationSql.CHOOSE_REQUESTS)
                        .formatted(where);
        List<Looked> rows =
                sql.list(
                        text,
                        row ->
                                new Looked(
                                        Session.uuid(row, 1),
                                        wanted(operation, row)
                                                && (!deliveries || redeliverable(row))),
                        values.toArray());
        List<UUID> chosen = new ArrayList<>();
        for (Looked row : rows) {
            if (row.wanted()) {
                chosen.add(row.id());
            }
            if (chosen.size() == Operations.CHOSEN_AT_ONCE) {
                return new Chosen(chosen, row.id(), true);
            }
        }
        return new Chosen(
                chosen,
                rows.isEmpty() ? null : rows.getLast().id(),
                rows.size() == Operations.ROWS_AT_ONCE);
    }

    /** What an index finds. */
    private static String where(
            OperationRecord operation, boolean deliveries, List<Object> values) {
        Filter filter = operation.filter();
        StringBuilder where = new StringBuilder("1 = 1");
        Viewer viewer = operation.viewer();
        Integer client = viewer.all() ? filter.client() : Integer.valueOf(viewer.client());
        add(where, values, "client = ?", client);
        add(where, values, "id > ?", operation.cursor());
        Instant since = filter.since();
        add(where, values, "id >= ?", since == null ? null : UuidBytes.first(since));
        Instant until = filter.until();
        Instant end = operation.createdAt().plusMillis(1);
        // What comes after it began is not its concern: so it has an end.
        Instant before = until == null || until.isAfter(end) ? end : until;
        UUID batch = filter.batch();
        if (batch == null) {
            add(where, values, "id < ?", UuidBytes.first(before));
        } else {
            String of = deliveries ? "request" : "id";
            add(where, values, of + (deliveries ? " >= ?" : " > ?"), batch);
            add(where, values, of + " <= ?", Batches.line(batch, Batches.MAX_LINES));
        }
        return where.toString();
    }

    private static void add(
            StringBuilder where, List<Object> values, String term, @Nullable Object value) {
        if (value != null) {
            where.append(" AND ").append(term);
            values.add(value);
        }
    }

    private static boolean wanted(OperationRecord operation, ResultSet row) throws SQLException {
        Filter filter = operation.filter();
        String status = Session.text(row, 2);
        Integer code = Session.intOrNull(row, 4);
        return acts(operation.act(), status)
                && is(filter.status(), status)
                && is(filter.reason(), reason(Session.text(row, 3)))
                && (filter.upstreamStatus() == null || filter.upstreamStatus().equals(code))
                && is(filter.route(), Session.text(row, 5))
                && is(filter.upstream(), Session.text(row, 6))
                && (filter.host() == null || goesTo(filter.host(), Session.text(row, 7)))
                && is(filter.partition(), Session.text(row, 8));
    }

    private static boolean acts(Act act, String status) {
        return switch (act) {
            case RETRY -> status.equals("failed");
            case CANCEL -> !RequestColumn.status(status).isFinal();
            case REDELIVER -> true;
        };
    }

    private static boolean redeliverable(ResultSet row) throws SQLException {
        String state = Session.text(row, 9);
        return state.equals("failed") || state.equals("ended");
    }

    private static @Nullable String reason(@Nullable String kept) {
        return kept == null ? null : Failure.Reason.valueOf(kept).wire();
    }

    private static boolean is(@Nullable String wanted, @Nullable String found) {
        return wanted == null || wanted.equals(found);
    }

    private static boolean goesTo(String host, @Nullable String url) {
        if (url == null) {
            return false;
        }
        int from = url.indexOf("://") + 3;
        String rest = url.substring(from);
        return rest.regionMatches(true, 0, host, 0, host.length())
                && (rest.length() == host.length()
                        || "/:?#".indexOf(rest.charAt(host.length())) >= 0);
    }
}
