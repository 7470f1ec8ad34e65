package dev.holdfast.store.postgresql.connection;

import dev.holdfast.store.sql.Session;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Statements that go to the server in one message, whose answers come back in one: on a busy
 * machine each way there and back costs more than most statements. They run in order, each sees
 * what those before it did.
 */
public final class RoundTrip {
    private final StringBuilder text = new StringBuilder();
    private final List<@Nullable Object> values = new ArrayList<>();
    private final List<Session.@Nullable Look> looks = new ArrayList<>();

    /** Adds a query; each of its rows is looked at. */
    public RoundTrip query(String sql, Session.Look look, @Nullable Object... parameters) {
        return add(sql, look, parameters);
    }

    /** Adds a statement that changes rows. */
    public RoundTrip change(String sql, @Nullable Object... parameters) {
        return add(sql, null, parameters);
    }

    /** Adds a statement that sets how those after it run. */
    public RoundTrip set(String sql) {
        return add(sql, row -> {});
    }

    private RoundTrip add(String sql, Session.@Nullable Look look, @Nullable Object... parameters) {
        text.append(text.isEmpty() ? "" : ";\n").append(sql);
        values.addAll(Arrays.asList(parameters));
        looks.add(look);
        return this;
    }

    /** Sends them and takes their answers. */
    public void run(Session sql) throws SQLException {
        if (!looks.isEmpty()) {
            run(sql, text.toString());
        }
    }

    /**
     * Sends them as a transaction's last statements and commits, at once. If one of them fails, the
     * server looks at nothing that follows in the message: there is no commit then.
     */
    public void commit(Session sql) throws SQLException {
        if (looks.isEmpty()) {
            sql.commit();
        } else {
            run(sql, text + ";\nCOMMIT");
        }
    }

    private void run(Session sql, String all) throws SQLException {
        PreparedStatement statement = sql.execute(looks.contains(null), all, values.toArray());
        for (Session.Look look : looks) {
            if (look != null) {
                try (ResultSet rows = statement.getResultSet()) {
                    while (rows != null && rows.next()) {
                        look.at(rows);
                    }
                }
            }
            statement.getMoreResults();
        }
    }
}
