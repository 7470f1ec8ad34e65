package dev.holdfast.store.sql;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.queue.Job;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads requests and jobs from their rows; the columns' order is the statements'. */
public final class RequestRows {
    private RequestRows() {}

    public static Job job(ResultSet row) throws SQLException {
        return new Job(
                row.getLong(1),
                row.getInt(2),
                Session.text(row, 3),
                row.getInt(4),
                Session.uuid(row, 5),
                row.getLong(6),
                row.getLong(7),
                Session.text(row, 8),
                status(Session.text(row, 9)),
                row.getLong(10),
                Session.longOrNull(row, 11),
                row.getInt(12),
                row.getInt(13),
                row.getBoolean(14),
                row.getLong(15),
                row.getLong(16),
                row.getInt(17),
                Session.longOrNull(row, 18));
    }

    public static RequestRecord request(ResultSet row) throws SQLException {
        UUID id = Session.uuid(row, 2);
        String own = Session.text(row, 7);
        Status status = status(own == null ? Session.text(row, 8) : own);
        Instant created = UuidBytes.time(id);
        Long finished = Session.longOrNull(row, own == null ? 12 : 11);
        Long expires = Session.longOrNull(row, 13);
        return new RequestRecord(
                id,
                row.getInt(1),
                row.getLong(3),
                Session.text(row, 4),
                Session.text(row, 5),
                Session.text(row, 6),
                status,
                row.getInt(9),
                Session.intOrNull(row, 10),
                created,
                finished == null ? null : later(created, Instant.ofEpochMilli(finished)),
                expires == null ? null : Instant.ofEpochMilli(expires),
                Session.text(row, 14),
                Session.text(row, 15),
                status == Status.SUCCEEDED ? result(row) : null,
                status == Status.FAILED ? failure(row) : null,
                row.getLong(21),
                Micros.instantOrNull(Session.longOrNull(row, 22)),
                Micros.instantOrNull(Session.longOrNull(row, 23)));
    }

    static Status status(String wire) {
        return Status.valueOf(wire.toUpperCase(Locale.ROOT));
    }

    /** Null where a list leaves it out. */
    private static @Nullable Result result(ResultSet row) throws SQLException {
        int status = row.getInt(16);
        String body = Session.text(row, 17);
        return row.wasNull() ? null : new Result(status, body);
    }

    private static Failure failure(ResultSet row) throws SQLException {
        return new Failure(
                Failure.Reason.valueOf(Session.text(row, 18)),
                Session.intOrNull(row, 19),
                Session.text(row, 20),
                Session.text(row, 25));
    }

    /** A request that found a result there was done when it came. */
    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }

    /** What the row of a new request reads like; spares the accept path a read. */
    public static RequestRecord fresh(
            NewRequest ask, long job, long turn, @Nullable Long expiresMillis) {
        NewRequest.WebhookTarget webhook = ask.webhook();
        return new RequestRecord(
                ask.id(),
                ask.client(),
                job,
                ask.upstream(),
                ask.route(),
                ask.params(),
                Status.QUEUED,
                0,
                null,
                UuidBytes.time(ask.id()),
                null,
                expiresMillis == null ? null : Instant.ofEpochMilli(expiresMillis),
                ask.clientRequestId(),
                webhook == null ? null : webhook.url(),
                null,
                null,
                turn,
                null,
                null);
    }
}
