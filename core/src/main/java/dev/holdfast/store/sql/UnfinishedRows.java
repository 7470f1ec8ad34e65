package dev.holdfast.store.sql;

import dev.holdfast.store.Store.Unfinished;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Reads what waits or runs, by upstream and route; the same in every dialect. */
public final class UnfinishedRows {
    private static final List<String> QUERIES =
            Stream.of(CommonSql.UNFINISHED, CommonSql.UNFINISHED_INSIDE)
                    .flatMap(List::stream)
                    .toList();

    private UnfinishedRows() {}

    /** Reads them, of each upstream at most so many of each kind. */
    public static List<Unfinished> read(Session sql, int atMost) throws SQLException {
        record Upstream(int id, String name) {}
        List<Unfinished> unfinished = new ArrayList<>();
        for (Upstream upstream :
                sql.list(
                        CommonSql.UPSTREAM_NAMES,
                        row -> new Upstream(row.getInt(1), Session.text(row, 2)))) {
            Map<String, Long> routes = new TreeMap<>();
            for (String query : QUERIES) {
                sql.list(
                        query,
                        row -> routes.merge(Session.text(row, 1), row.getLong(2), Long::sum),
                        upstream.id(),
                        atMost);
            }
            routes.forEach(
                    (route, jobs) -> unfinished.add(new Unfinished(upstream.name(), route, jobs)));
        }
        return unfinished;
    }
}
