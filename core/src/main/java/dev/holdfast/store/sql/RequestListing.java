package dev.holdfast.store.sql;

import dev.holdfast.request.Status;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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
        before = query.before();
    }

    /** One that was looked at. */
    private record Found(int client, UUID id, boolean wanted) {}

    static Reads.Page page(Session sql, Viewer viewer, Reads.Query query) throws SQLException {
        return new RequestListing(sql, viewer, query).page();
    }

    private Reads.Page page() throws SQLException {
        List<Found> found = new ArrayList<>();
        boolean filtered = query.status() != null || query.route() != null;
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
        for (Found one : found) {
            RequestRecord request =
                    sql.first(
                            CommonSql.LISTED_REQUEST, RequestColumn::read, one.client(), one.id());
            if (request == null) {
                continue; // it was forgotten in between
            }
            page.add(request);
            chars += Reads.chars(request);
            if (chars >= Reads.MAX_LIST_CHARS) {
                return new Reads.Page(page, one.id());
            }
        }
        return new Reads.Page(page, next);
    }

    private List<Found> look(int most, boolean filtered) throws SQLException {
        StringBuilder text = new StringBuilder(CommonSql.REQUEST_IDS);
        List<Object> values = new ArrayList<>();
        Status status = query.status();
        String route = query.route();
        String reference = query.clientRequestId();
        if (!viewer.all()) {
            text.append(" AND client = ?");
            values.add(viewer.client());
        }
        if (reference != null) {
            text.append(" AND client_request_id = ?");
            values.add(reference);
        }
        if (before != null) {
            text.append(" AND id < ?");
            values.add(before);
        }
        text.append(" ORDER BY id DESC LIMIT ?");
        values.add(most);
        return sql.list(
                filtered ? CommonSql.withStates(text.toString()) : text.toString(),
                row ->
                        new Found(
                                row.getInt(1),
                                Session.uuid(row, 2),
                                (status == null || status.wire().equals(Session.text(row, 5)))
                                        && (route == null || route.equals(Session.text(row, 6)))),
                values.toArray());
    }
}
