package dev.holdfast.store;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Jobs of one route that wait for an upstream or run there.
 *
 * @param upstream its name when they were accepted
 * @param route their route's path then
 * @param jobs how many
 */
public record Unfinished(String upstream, String route, long jobs) {

    /** Reads them, of each upstream at most so many of each kind. */
    static List<Unfinished> read(Session sql, int atMost) throws SQLException {
        record Upstream(int id, String name) {}
        List<Unfinished> unfinished = new ArrayList<>();
        for (Upstream upstream :
                sql.list(
                        CommonSql.UPSTREAM_NAMES,
                        row -> new Upstream(row.getInt(1), Session.text(row, 2)))) {
            Map<String, Long> routes = new TreeMap<>();
            for (String query : CommonSql.UNFINISHED) {
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
