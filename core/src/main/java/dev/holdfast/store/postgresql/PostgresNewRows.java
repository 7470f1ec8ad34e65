package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresDatabase;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.Insert;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.KeyRow;
import java.util.ArrayList;
import java.util.List;

/** Rows of new jobs and requests, gathered to be written in one statement each. */
final class PostgresNewRows {
    final List<Job> jobs = new ArrayList<>();
    final List<AskedRow> requests = new ArrayList<>();
    final List<KeyRow> keys = new ArrayList<>();

    /** Adds what writes the rows. */
    void write(RoundTrip trip) {
        write(trip, PostgresSql.ADD_JOBS, JobColumn.INSERT, jobs);
        write(trip, PostgresSql.ADD_REQUESTS, AskedRow.INSERT, requests);
        write(trip, PostgresSql.ADD_KEYS, KeyRow.INSERT, keys);
    }

    private static <R> void write(RoundTrip trip, String sql, Insert<R> insert, List<R> rows) {
        if (!rows.isEmpty()) {
            trip.change(sql, PostgresDatabase.columns(insert, rows));
        }
    }
}
