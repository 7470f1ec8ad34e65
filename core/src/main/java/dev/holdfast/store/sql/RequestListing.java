package dev.holdfast.store.sql;

import dev.holdfast.request.Status;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * Lists requests of some clients, each client's by its index: first which ones, then what they are,
 * until the page is full.
 */
final class RequestListing {
    private RequestListing() {}

    /** One that is on the page unless it is full before. */
    private record Found(int client, UUID id) {}

    /** Requests of these clients, newest first. */
    static List<RequestRecord> list(Session sql, List<Integer> clients, Reads.Query query)
            throws SQLException {
        List<Found> found = new ArrayList<>();
        for (int client : clients) {
            found.addAll(find(sql, client, query));
        }
        found.sort(Comparator.comparing(Found::id, UuidBytes::compare).reversed());
        List<RequestRecord> page = new ArrayList<>();
        long chars = 0;
        for (Found one : found.subList(0, Math.min(query.limit(), found.size()))) {
            RequestRecord request =
                    sql.first(
                            CommonSql.LISTED_REQUEST, RequestColumn::read, one.client(), one.id());
            if (request == null) {
                continue; // it was forgotten in between
            }
            page.add(request);
            chars += Reads.chars(request);
            if (chars >= Reads.MAX_LIST_CHARS) {
                break;
            }
        }
        return page;
    }

    private static List<Found> find(Session sql, int client, Reads.Query query)
            throws SQLException {
        StringBuilder text = new StringBuilder(CommonSql.REQUEST_IDS);
        List<Object> values = new ArrayList<>();
        text.append("WHERE r.client = ?");
        values.add(client);
        Status status = query.status();
        if (status != null) {
            text.append(" AND coalesce(r.own_status, j.status) = ?");
            values.add(status.wire());
        }
        String route = query.route();
        if (route != null) {
            text.append(" AND j.route = ?");
            values.add(route);
        }
        String reference = query.clientRequestId();
        if (reference != null) {
            text.append(" AND r.client_request_id = ?");
            values.add(reference);
        }
        UUID before = query.before();
        if (before != null) {
            text.append(" AND r.id < ?");
            values.add(before);
        }
        text.append(" ORDER BY r.id DESC LIMIT ?");
        values.add(query.limit());
        return sql.list(
                text.toString(),
                row -> new Found(row.getInt(1), Session.uuid(row, 2)),
                values.toArray());
    }
}
