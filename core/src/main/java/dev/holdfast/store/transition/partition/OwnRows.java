package dev.holdfast.store.transition.partition;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.sql.Session;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What some partitions have of their own, a row each. */
final class OwnRows {
    private static final String CALLS = "calls";

    private OwnRows() {}

    /** What some of an upstream's have, by their keys; those that have nothing are not there. */
    static Map<String, OwnRules> some(Session sql, int upstream, List<String> keys)
            throws SQLException {
        Map<String, OwnRules> some = new HashMap<>();
        for (Object[] few : PartitionSql.few(keys, upstream)) {
            sql.list(PartitionSql.OWN_OF, row -> some.put(Session.text(row, 5), read(row)), few);
        }
        return some;
    }

    static OwnRules read(Session sql, int upstream, String key) throws SQLException {
        OwnRules own = sql.first(PartitionSql.OWN, OwnRows::read, upstream, key);
        return own == null ? OwnRules.NONE : own;
    }

    /** Answers false if too many have something of their own already. */
    static boolean write(Session sql, int upstream, String key, OwnRules own) throws SQLException {
        if (own.equals(OwnRules.NONE)) {
            sql.update(PartitionSql.DELETE_OWN, upstream, key);
            return true;
        }
        boolean known = sql.first(PartitionSql.OWN, OwnRows::read, upstream, key) != null;
        if (!known
                && sql.number(PartitionSql.COUNT_OWN, upstream, Partitions.MAX_OWN)
                        == Partitions.MAX_OWN) {
            return false;
        }
        sql.update(
                PartitionSql.WRITE_OWN,
                upstream,
                key,
                text(own),
                own.concurrency(),
                own.paused() ? 1 : 0,
                own.headers().write());
        return true;
    }

    /** Something was written; answers what {@link #version} says from now on. */
    static long changed(Session sql, int upstream) throws SQLException {
        sql.update(PartitionSql.OWN_CHANGED, upstream);
        return version(sql, upstream);
    }

    static long version(Session sql, int upstream) throws SQLException {
        return sql.number(PartitionSql.OWN_VERSION, upstream);
    }

    /** All of an upstream's, by their keys, without their headers. */
    static Map<String, OwnRules> all(Session sql, int upstream) throws SQLException {
        Map<String, OwnRules> all = new HashMap<>();
        sql.list(
                        PartitionSql.ALL_OWN,
                        row -> Map.entry(Session.text(row, 5), read(row)),
                        upstream,
                        Partitions.MAX_OWN)
                .forEach(one -> all.put(one.getKey(), one.getValue()));
        return all;
    }

    private static OwnRules read(ResultSet row) throws SQLException {
        String quota = row.getString(1);
        Long concurrency = Session.longOrNull(row, 2);
        SortedMap<String, List<Window>> windows = quota == null ? new TreeMap<>() : windows(quota);
        List<Window> calls = windows.remove(CALLS);
        SortedMap<String, Quota> units = new TreeMap<>();
        windows.forEach((unit, its) -> units.put(unit, new Quota(its)));
        return new OwnRules(
                quota == null ? null : new Quota(calls == null ? List.of() : calls),
                units,
                concurrency == null ? null : Integer.valueOf(concurrency.intValue()),
                row.getInt(3) == 1,
                OwnHeaders.read(row.getString(4)));
    }

    private static @Nullable String text(OwnRules own) {
        return own.quota() == null ? null : text(own.quota(), own.units());
    }

    /** A window a line: its unit, its limit and its length in microseconds. */
    static String text(Quota calls, SortedMap<String, Quota> units) {
        StringJoiner lines = new StringJoiner("\n");
        write(CALLS, calls, lines);
        units.forEach((unit, quota) -> write(unit, quota, lines));
        return lines.toString();
    }

    private static void write(String unit, Quota quota, StringJoiner lines) {
        for (Window window : quota.windows()) {
            lines.add(unit + ' ' + window.limit() + ' ' + Micros.of(window.length()));
        }
    }

    private static SortedMap<String, List<Window>> windows(String text) {
        SortedMap<String, List<Window>> windows = new TreeMap<>();
        text.lines()
                .map(line -> line.split(" ", -1))
                .forEach(
                        parts ->
                                windows.computeIfAbsent(parts[0], _ -> new ArrayList<>())
                                        .add(
                                                new Window(
                                                        Integer.parseInt(parts[1]),
                                                        Micros.duration(
                                                                Long.parseLong(parts[2])))));
        return windows;
    }
}
