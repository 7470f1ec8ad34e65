package dev.holdfast.store.sql;

import dev.holdfast.request.JobKey;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.Insert.Column;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/**
 * An {@code Idempotency-Key} and the request it leads to.
 *
 * @param fingerprint of everything that was asked with it
 * @param expires steady microseconds
 */
public record KeyRow(int client, String key, UUID request, JobKey fingerprint, long expires) {
    /** In place of one whose time is over. */
    public static final Insert<KeyRow> INSERT =
            new Insert<>(
                    "idempotency",
                    List.of(
                            new Column<>("client", "int4", KeyRow::client),
                            new Column<>("key", "text", KeyRow::key),
                            new Column<>("request", "uuid", KeyRow::request),
                            new Column<>("fingerprint_high", "int8", row -> row.fingerprint.high()),
                            new Column<>("fingerprint_low", "int8", row -> row.fingerprint.low()),
                            new Column<>("expires", "int8", KeyRow::expires)),
                    """
                    ON CONFLICT (client, key) DO UPDATE SET request = excluded.request,
                        fingerprint_high = excluded.fingerprint_high,
                        fingerprint_low = excluded.fingerprint_low,
                        expires = excluded.expires
                    """);

    /** Of a table that is called {@code i}, in the order of {@link #read}. */
    public static final String SELECT =
            "SELECT i.client, i.key, i.request, i.fingerprint_high, i.fingerprint_low, i.expires"
                    + " FROM idempotency i ";

    public static KeyRow read(ResultSet row) throws SQLException {
        return new KeyRow(
                row.getInt(1),
                Session.text(row, 2),
                Session.uuid(row, 3),
                new JobKey(row.getLong(4), row.getLong(5)),
                row.getLong(6));
    }

    public static KeyRow of(NewRequest ask, NewRequest.Idempotency sent, long now) {
        return new KeyRow(
                ask.client(),
                sent.key(),
                ask.id(),
                sent.fingerprint(),
                now + Micros.of(StoreOptions.IDEMPOTENCY));
    }
}
