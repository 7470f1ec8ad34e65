package dev.holdfast.store.postgresql;

import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.postgresql.connection.RoundTrip;
import java.util.function.LongConsumer;

/** Tells a database's time in microseconds; a test gives one that it moves. */
@FunctionalInterface
interface DatabaseTime {
    /** The database's own clock, the same for every replica. */
    DatabaseTime SERVER =
            (trip, told) -> trip.query(PostgresSql.CLOCK, row -> told.accept(row.getLong(1)));

    /** Has a round trip to the database tell what time it is when it comes to this. */
    void ask(RoundTrip trip, LongConsumer told);
}
