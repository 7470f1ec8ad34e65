package dev.holdfast.store.sql;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.holdfast.request.Status;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Lists requests, newest first, by an index: first which ones, then what they are. What no index
 * knows is looked for in a bounded number of rows; the next page goes on from there.
 */
final class RequestListing {
    /** Rows looked at for one page; it takes some 30 ms. */
    static final int MAX_LOOKED_AT = 8_192;

    /** Rows looked at together, where not each of them is wanted. */
    static final int CHUNK = 1_024;

    private final Session sql;
    private final Viewer viewer;
    private final Reads.Query query;
    private @Nullable UUID before;

    private RequestListing(Session sql, Viewer viewer, Reads.Query query) {
        this.sql = sql;
        this.viewer = viewer;
        this.query = query;
        before = first(query);
    }

    private static @Nullable UUID first(Reads.Query query) {
        UUID before = query.before();
        Instant until = query.until();
        UUID end = until == null ? null : UuidBytes.first(until);
        return before == null || (end != null && UuidBytes.compare(end, before) < 0) ? end : before;
    }

    private record Key(int client, UUID id) {}

    /** One that was looked at. */
    private record Found(Key key, boolean wanted) {
        UUID id() {
            return key.id();
        }
    }

    static Reads.Page page(Session sql, Viewer viewer, Reads.Query query) throws SQLException {
        return new RequestListing(sql, viewer, query).page();
    }

    private Reads.Page page() throws SQLException {
        List<Found> found = new ArrayList<>();
        boolean filtered = query.looksInto();
        int looked = 0;
        boolean more = true;
        while (more && found.size() <= query.limit() && looked < MAX_LOOKED_AT) {
            int chunk = filtered ? CHUNK : query.limit() + 1;
            List<Found> rows = look(chunk, filtered);
            looked += rows.size();
            more = rows.size() == chunk;
            rows.stream().filter(Found::wanted).forEach(found::add);
            before = rows.isEmpty() ? before : rows.getLast().id();
        }
        if (found.size() > query.limit()) {
            return read(found.subList(0, query.limit()), found.get(query.limit() - 1).id());
        }
        return read(found, more ? before : null);
    }

    private Reads.Page read(List<Found> found, @Nullable UUID next) throws SQLException {
        List<RequestRecord> page = new ArrayList<>();
        long chars = 0;
        int from = 0;
        while (from < found.size()) {
            List<Key> some =
                    found.stream()
                            .skip(from)
                            .limit(CommonSql.LISTED_AT_ONCE)
                            .map(Found::key)
                            .toList();
            some = some.subList(0, fitting(some));
            Map<Key, RequestRecord> read = new HashMap<>();
            sql.list(CommonSql.LISTED_REQUESTS, RequestColumn::read, values(some))
                    .forEach(one -> read.put(new Key(one.client(), one.id()), one));
            for (Key one : some) {
                RequestRecord request = read.get(one);
                if (request == null) {
                    continue; // it was forgotten in between
                }
                page.add(request);
                chars += Reads.chars(request);
                if (chars >= Reads.MAX_LIST_CHARS) {
                    return new Reads.Page(page, one.id());
                }
            }
            from += some.size();
        }
        return new Reads.Page(page, next);
    }

    /** How many of these are read at once: as many as do not take more than a list may, or one. */
    private int fitting(List<Key> some) throws SQLException {
        Map<Key, Long> sizes = new HashMap<>();
        sql.list(
                CommonSql.LISTED_SIZES,
                row -> sizes.put(new Key(row.getInt(1), Session.uuid(row, 2)), row.getLong(3)),
                values(some));
        long bytes = 0;
        int fit = 0;
        while (fit < some.size() && bytes < Reads.MAX_LIST_CHARS) {
            bytes += sizes.getOrDefault(some.get(fit), 0L);
            fit++;
        }
        return fit;
    }

    /** For statements that want as many as are read at once at most: the last one again. */
    private static Object[] values(List<Key> some) {
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < CommonSql.LISTED_AT_ONCE; i++) {
            Key key = some.get(Math.min(i, some.size() - 1));
            values.add(key.client());
            values.add(key.id());
        }
        return values.toArray();
    }

    private List<Found> look(int most, boolean filtered) throws SQLException {
        StringBuilder text = new StringBuilder(CommonSql.REQUEST_IDS);
        List<Object> values = new ArrayList<>();
        String reference = query.clientRequestId();
        if (!viewer.all()) {
            text.append(" AND client = ?");
            values.add(viewer.client());
        }
        if (reference != null) {
            text.append(" AND client_request_id = ?");
            values.add(reference);
        }
        Instant since = query.since();
        if (since != null) {
            text.append(" AND id >= ?");
            values.add(UuidBytes.first(since));
        }
        if (before != null) {
            text.append(" AND id < ?");
            values.add(before);
        }
        text.append(" ORDER BY id DESC LIMIT ?");
        values.add(most);
        String wanted = query.text();
        String rows = text.toString();
        if (wanted != null) {
            rows = CommonSql.withStatesAndText(rows);
            values.addFirst(pattern(wanted));
        } else if (filtered) {
            rows = CommonSql.withStates(rows);
        }
        return sql.list(
                rows,
                row ->
                        new Found(
                                new Key(row.getInt(1), Session.uuid(row, 2)),
                                !filtered || isWanted(row)),
                values.toArray());
    }

    private boolean isWanted(ResultSet row) throws SQLException {
        Status status = query.reason() == null ? query.status() : Status.FAILED;
        return (status == null || status.wire().equals(Session.text(row, 5)))
                && (query.status() == null || query.status() == status)
                && (query.route() == null || query.route().equals(Session.text(row, 6)))
                && (query.reason() == null || query.reason().name().equals(Session.text(row, 7)))
                && row.getBoolean(8)
                && (query.partition() == null || query.partition().equals(Session.text(row, 9)));
    }

    /** Parameters are kept as JSON: what is looked for stands there as JSON writes it. */
    private static String pattern(String text) {
        String quoted = new String(JsonStringEncoder.getInstance().quoteAsString(text));
        return "%" + quoted.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%";
    }
}
