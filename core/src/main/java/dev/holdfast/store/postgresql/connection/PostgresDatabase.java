package dev.holdfast.store.postgresql.connection;

import dev.holdfast.store.sql.Insert;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredText;
import dev.holdfast.store.sql.WriteProbe;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;

/**
 * Opens connections to one PostgreSQL database, on whichever of its servers is the primary, and
 * tells its errors apart.
 */
public final class PostgresDatabase {
    /** Classes of errors of the statement itself: its data, a constraint, a limit, its syntax. */
    private static final List<String> OF_THE_STATEMENT = List.of("22", "23", "42", "54");

    /** SQLSTATE of a deadlock, and of a conflict that the same transaction would not meet again. */
    private static final List<String> ONCE_MORE = List.of("40P01", "40001");

    /** SQLSTATE of a write on a server that is not the primary, or not any more. */
    private static final String READ_ONLY = "25006";

    /** SQLSTATE of a lock that was not to be had in time. */
    private static final String LOCKED = "55P03";

    private static final Driver DRIVER = new Driver();

    private final PostgresUrl url;
    private final WriteProbe probe;
    private final Dial dial;
    private volatile boolean keepsPlans;

    /** The host that was the primary when it was last met. */
    private volatile String primary;

    private volatile Runnable moved = () -> {};

    public PostgresDatabase(PostgresUrl url, WriteProbe probe) {
        this(url, probe, DRIVER::connect);
    }

    public PostgresDatabase(PostgresUrl url, WriteProbe probe, Dial dial) {
        this.url = url;
        this.probe = probe;
        this.dial = dial;
        this.primary = url.hosts().getFirst();
    }

    /** How a connection to one host is made. */
    @FunctionalInterface
    public interface Dial {
        /** A new connection, or null if that is no URL of PostgreSQL. */
        @Nullable Connection connect(String jdbc, Properties properties) throws SQLException;
    }

    /** Who is told that another server is the primary now: connections to the old one are stale. */
    public void whenMoved(Runnable moved) {
        this.moved = moved;
    }

    /**
     * A column of many rows, as one parameter.
     *
     * @param type the array's element type
     */
    public record Column(String type, List<?> values) {}

    public static Column longs(List<Long> values) {
        return new Column("int8", values);
    }

    public static Column ints(List<@Nullable Integer> values) {
        return new Column("int4", values);
    }

    public static Column texts(List<@Nullable String> values) {
        return new Column("text", values);
    }

    public static Column uuids(List<UUID> values) {
        return new Column("uuid", values);
    }

    public static Column booleans(List<Boolean> values) {
        return new Column("bool", values);
    }

    /** The parameters of {@link Insert#many}. */
    public static <R> Object[] columns(Insert<R> insert, List<R> rows) {
        return insert.columns().stream()
                .map(each -> new Column(each.type(), rows.stream().map(each.value()).toList()))
                .toArray();
    }

    /** Told of each step of the writers' transactions. */
    public WriteProbe probe() {
        return probe;
    }

    public PostgresUrl url() {
        return url;
    }

    /** A connection for transactions whose commits wait for the disk. */
    public Session writer() throws SQLException {
        return open(probe, PostgresSql.SHORT_LOCKS).inTransactions();
    }

    /** Adds statements whose plans are kept, where the server can be told so. */
    public void plannedOnce(RoundTrip trip, Consumer<RoundTrip> statements) {
        if (keepsPlans) {
            trip.set(PostgresSql.PLANNED_ONCE);
        }
        statements.accept(trip);
        if (keepsPlans) {
            trip.set(PostgresSql.PLANNED_ANEW);
        }
    }

    /** A connection on which each message is its own transaction. */
    public Session plain() throws SQLException {
        return open(WriteProbe.NONE);
    }

    /** A transaction of its own whose loss does no harm: its commit does not wait for the disk. */
    public static RoundTrip careless() {
        return new RoundTrip().set(PostgresSql.NOT_DURABLE);
    }

    /** A bare connection to the primary, which is looked for where it was last. */
    public Connection connect() throws SQLException {
        String last = primary;
        SQLException failure = null;
        for (int i = 0; i <= url.hosts().size(); i++) {
            String host = i == 0 ? last : url.hosts().get(i - 1);
            if (i > 0 && host.equals(last)) {
                continue;
            }
            try {
                Connection connection = connect(host);
                if (!host.equals(last)) {
                    primary = host;
                    moved.run();
                }
                return connection;
            } catch (SQLException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        throw failure == null ? new SQLException("no server is named", "08001") : failure;
    }

    private Connection connect(String host) throws SQLException {
        Connection connection = dial.connect(url.jdbc(host), url.properties());
        if (connection == null) {
            throw new SQLException("not a URL of PostgreSQL: " + url);
        }
        return connection;
    }

    /** A session on a connection that somebody else opened and closes. */
    public static Session on(Connection connection) {
        return new Session(connection, WriteProbe.NONE, PostgresDatabase::bind);
    }

    private Session open(WriteProbe told, String... settings) throws SQLException {
        Connection connection = connect();
        try {
            Session sql = new Session(connection, told, PostgresDatabase::bind);
            List<String> set = sql.list(PostgresSql.SETTINGS, row -> row.getString(1));
            keepsPlans = set.contains("force_custom_plan");
            for (String setting : settings) {
                sql.list(setting, row -> row.getString(1));
            }
            return sql;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Of the element's own class, which the driver sends as bytes and not as text. */
    private static Object[] array(String type, List<?> values) {
        return switch (type) {
            case "int8" -> values.toArray(new Long[0]);
            case "int4" -> values.toArray(new Integer[0]);
            case "text" ->
                    values.stream()
                            .map(text -> text == null ? null : StoredText.encode((String) text))
                            .toArray(String[]::new);
            case "bytea" -> values.toArray(new byte[0][]);
            case "bool" -> values.toArray(new Boolean[0]);
            default -> values.toArray();
        };
    }

    private static void bind(PreparedStatement statement, int index, @Nullable Object value)
            throws SQLException {
        if (value instanceof Column(String type, List<?> values)) {
            statement.setArray(
                    index, statement.getConnection().createArrayOf(type, array(type, values)));
        } else {
            statement.setObject(index, value);
        }
    }

    /** Whether the same transaction may work if it is run again. */
    public static boolean isOnceMore(SQLException e) {
        return ONCE_MORE.contains(e.getSQLState());
    }

    /** Whether somebody else holds a lock for too long. */
    public static boolean isLocked(SQLException e) {
        return LOCKED.equals(e.getSQLState());
    }

    /** Whether an error is the database's and not the statement's. */
    public static boolean isUnavailable(SQLException e) {
        String state = e.getSQLState();
        return state == null || OF_THE_STATEMENT.stream().noneMatch(state::startsWith);
    }

    /** Whether the database does not know, or does not allow, what it was asked to do. */
    public static boolean isUnknown(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("0A") || state.startsWith("42"));
    }

    /** Whether the connection can go on after this error once the transaction is rolled back. */
    public static boolean isConnectionSound(SQLException e) {
        String state = e.getSQLState();
        return state != null
                && !state.startsWith("08")
                && !state.startsWith("57P")
                && !state.startsWith("58")
                && !state.startsWith("XX")
                && !state.equals("25P03")
                && !state.equals(READ_ONLY);
    }
}
