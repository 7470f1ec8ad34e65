package dev.holdfast.store.sql;

import dev.holdfast.request.Body;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A body as three columns: its bytes if they are few, else where they are kept and how many. */
public final class BodyColumns {
    private BodyColumns() {}

    /** The bytes of one that is at hand, null if there are none. */
    public static byte @Nullable [] atHand(@Nullable Body body) {
        return body instanceof Body.Inline(byte[] bytes) && bytes.length > 0 ? bytes : null;
    }

    /** Where a large one is kept. */
    public static @Nullable UUID content(@Nullable Body body) {
        return body instanceof Body.Kept kept ? kept.id() : null;
    }

    /** How many bytes a large one has. */
    public static @Nullable Long bytes(@Nullable Body body) {
        return body instanceof Body.Kept kept ? Long.valueOf(kept.size()) : null;
    }

    /**
     * A body from a row.
     *
     * @param first the first of its three columns
     */
    static Body read(ResultSet row, int first) throws SQLException {
        byte[] atHand = row.getBytes(first);
        if (!row.wasNull()) {
            return new Body.Inline(atHand);
        }
        Long bytes = Session.longOrNull(row, first + 2);
        return bytes == null ? Body.none() : new Body.Kept(Session.uuid(row, first + 1), bytes);
    }
}
