package dev.holdfast.store;

import dev.holdfast.request.Status;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/** Lists requests of some clients, each client's by its index. */
final class RequestListing {
    private RequestListing() {}

    /** Requests of these clients, newest first. */
    static List<RequestRecord> list(Session sql, List<Integer> clients, Reads.Query query)
            throws SQLException {
        List<RequestRecord> found = new ArrayList<>();
        for (int client : clients) {
            found.addAll(list(sql, client, query));
        }
        return found.stream()
                .sorted(Comparator.comparing(RequestRecord::id, UuidBytes::compare).reversed())
                .limit(query.limit())
                .toList();
    }

    private static List<RequestRecord> list(Session sql, int client, Reads.Query query)
            throws SQLException {
        StringBuilder text = new StringBuilder(CommonSql.REQUEST_COLUMNS);
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
        return sql.list(text.toString(), RequestRows::request, values.toArray());
    }
}
