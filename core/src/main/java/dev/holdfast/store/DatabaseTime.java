package dev.holdfast.store;

import java.sql.SQLException;

/** Tells a database's time in microseconds; a test gives one that it moves. */
@FunctionalInterface
interface DatabaseTime {
    /** The database's own clock, the same for every replica. */
    DatabaseTime SERVER = sql -> sql.number(PostgresSql.CLOCK);

    /** Now. */
    long micros(Session sql) throws SQLException;
}
