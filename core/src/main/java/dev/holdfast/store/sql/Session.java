package dev.holdfast.store.sql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection with its prepared statements. Not for several threads at once. Statements are known
 * by their text, so there are as many as the dialect has.
 */
public final class Session implements AutoCloseable {
    private final Connection connection;
    private final WriteProbe probe;
    private final Binding binding;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private long changes;
    private long ran;
    private long seen;

    /** Reads one row. */
    @FunctionalInterface
    public interface Row<T> {
        @Nullable T read(ResultSet row) throws SQLException;
    }

    /** Sets one parameter of a statement, as the dialect wants it. */
    @FunctionalInterface
    public interface Binding {
        void set(PreparedStatement statement, int index, @Nullable Object value)
                throws SQLException;
    }

    /** On a connection whose database has no type for UUIDs: they are bytes. */
    public Session(Connection connection, WriteProbe probe) {
        this(connection, probe, Session::setWithUuidAsBytes);
    }

    public Session(Connection connection, WriteProbe probe, Binding binding) {
        this.connection = connection;
        this.probe = probe;
        this.binding = binding;
    }

    /** Changes rows; answers how many. */
    public int update(String sql, @Nullable Object... values) throws SQLException {
        probe.before(WriteProbe.Step.STATEMENT);
        int rows = bind(sql, values).executeUpdate();
        changes += rows;
        return rows;
    }

    /** Changes a row and reads what the statement returns of it, or null if it changed none. */
    public <T> @Nullable T change(String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        probe.before(WriteProbe.Step.STATEMENT);
        T changed = first(sql, row, values);
        changes += changed == null ? 0 : 1;
        return changed;
    }

    /** Runs a statement that changes something in more steps than the driver would take. */
    public void changeToTheEnd(String sql) throws SQLException {
        probe.before(WriteProbe.Step.STATEMENT);
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
        changes++;
    }

    /** Rows that {@link #update} and {@link #change} have changed so far. */
    public long changes() {
        return changes;
    }

    /** Statements run so far, those that go to a server together as one. */
    public long ran() {
        return ran;
    }

    /** Rows that those have shown. */
    public long seen() {
        return seen;
    }

    /** Runs a text of several statements; whoever calls takes their answers. */
    public PreparedStatement execute(boolean changes, String text, @Nullable Object... values)
            throws SQLException {
        if (changes) {
            probe.before(WriteProbe.Step.STATEMENT);
        }
        PreparedStatement statement = bind(text, values);
        statement.execute();
        return statement;
    }

    /** All rows of a query. */
    public <T> List<T> list(String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        List<T> rows = new ArrayList<>();
        try (ResultSet found = bind(sql, values).executeQuery()) {
            while (found.next()) {
                seen++;
                rows.add(row.read(found));
            }
        }
        return rows;
    }

    /** Looks at a row. */
    @FunctionalInterface
    public interface Look {
        void at(ResultSet row) throws SQLException;
    }

    /** Looks at each row of a query. */
    public void each(String sql, Look look) throws SQLException {
        try (ResultSet found = bind(sql).executeQuery()) {
            while (found.next()) {
                seen++;
                look.at(found);
            }
        }
    }

    /** Looks at each row of a query as long as {@code more} says so. */
    public void eachWhile(BooleanSupplier more, String sql, Look look, @Nullable Object... values)
            throws SQLException {
        try (ResultSet found = bind(sql, values).executeQuery()) {
            while (more.getAsBoolean() && found.next()) {
                seen++;
                look.at(found);
            }
        }
    }

    /** The first row of a query, or null. */
    public <T> @Nullable T first(String sql, Row<T> row, @Nullable Object... values)
            throws SQLException {
        try (ResultSet found = bind(sql, values).executeQuery()) {
            seen++;
            return found.next() ? row.read(found) : null;
        }
    }

    /** A number from the first row of a query, or 0. */
    public long number(String sql, @Nullable Object... values) throws SQLException {
        Long number = first(sql, row -> row.getLong(1), values);
        return number == null ? 0 : number;
    }

    /**
     * From now on statements run in transactions that {@link #commit} and {@link #rollback} end.
     * The driver spares itself a look at the transaction after each statement then.
     */
    public Session inTransactions() throws SQLException {
        connection.setAutoCommit(false);
        return this;
    }

    /** Runs what must not be part of a transaction, between two of them. */
    public void between(String sql) throws SQLException {
        connection.setAutoCommit(true);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } finally {
            connection.setAutoCommit(false);
        }
    }

    public void commit() throws SQLException {
        connection.commit();
    }

    public void rollback() throws SQLException {
        connection.rollback();
    }

    /** Runs a statement without parameters or rows. */
    public void run(String sql) throws SQLException {
        bind(sql).execute();
    }

    private PreparedStatement bind(String sql, @Nullable Object... values) throws SQLException {
        ran++;
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        for (int i = 0; i < values.length; i++) {
            Object value = values[i] instanceof String text ? StoredText.encode(text) : values[i];
            binding.set(statement, i + 1, value);
        }
        return statement;
    }

    private static void setWithUuidAsBytes(
            PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        statement.setObject(index, value instanceof UUID id ? UuidBytes.of(id) : value);
    }

    /** A text as it was bound; null only where the column has none. */
    @SuppressWarnings("NullAway") // As with the driver: whether it may be null is the column's say.
    public static String text(ResultSet row, int column) throws SQLException {
        return StoredText.decode(row.getString(column));
    }

    public static UUID uuid(ResultSet row, int column) throws SQLException {
        return row.getObject(column) instanceof UUID id ? id : UuidBytes.read(row.getBytes(column));
    }

    public static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    public static @Nullable Integer intOrNull(ResultSet row, int column) throws SQLException {
        int value = row.getInt(column);
        return row.wasNull() ? null : value;
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
