package dev.holdfast.store.sql;

import dev.holdfast.request.Failure;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.Original;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Result;
import dev.holdfast.request.Status;
import dev.holdfast.store.RequestRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is read of a request {@code r}, its job {@code j} and that one's upstream {@code u}. */
public enum RequestColumn {
    CLIENT("r.client"),
    ID("r.id"),
    JOB("r.job"),
    UPSTREAM(CommonSql.ROOT_NAME),
    ROUTE("j.route"),
    PARAMS("j.params"),
    OWN_STATUS("r.own_status"),
    STATUS("j.status"),
    ATTEMPTS("j.attempts"),
    LAST_STATUS("j.last_status"),
    OWN_FINISHED("r.own_finished_ms"),
    FINISHED("j.finished_ms"),
    EXPIRES("r.expires_ms"),
    CLIENT_REQUEST_ID("r.client_request_id"),
    WEBHOOK_URL("r.webhook_url"),
    WEBHOOK_HEADERS("r.webhook_headers"),
    RESULT_STATUS("j.result_status"),
    RESULT_BODY("j.result_body"),
    ANSWER_HEAD("j.answer_head"),
    ANSWER("j.answer"),
    ANSWER_CONTENT("j.answer_content"),
    ANSWER_BYTES("j.answer_bytes"),
    FAILURE_REASON("j.failure_reason"),
    FAILURE_STATUS("j.failure_status"),
    FAILURE_BODY("j.failure_body"),
    FAILURE_DETAIL("j.failure_detail"),
    TURN("j.turn"),
    DUE("j.due"),
    CACHED_UNTIL("j.cached_until"),
    PRIORITY("r.priority"),
    JOB_PRIORITY("j.priority"),
    NOT_BEFORE("r.not_before_ms"),
    STARTS("j.starts"),
    PARTITION("j.partition");

    /** The columns alone, without where they are from. */
    public static final String SELECT =
            Arrays.stream(values())
                    .map(column -> column.from)
                    .collect(Collectors.joining(", ", "SELECT ", "\n"));

    /** How many they are: others may follow in a row. */
    public static final int COUNT = values().length;

    final String from;

    RequestColumn(String from) {
        this.from = from;
    }

    @SuppressWarnings("EnumOrdinal") // The statement is made in this order, too.
    private int at() {
        return ordinal() + 1;
    }

    /** A text from a row of {@link #SELECT}; null only where there may be none. */
    public String text(ResultSet row) throws SQLException {
        return Session.text(row, at());
    }

    /** Whether a row of {@link #SELECT} has a request, where it was joined from the left. */
    public static boolean isIn(ResultSet row) throws SQLException {
        return row.getLong(JOB.at()) != 0;
    }

    /** A request from a row of {@link #SELECT}. */
    public static RequestRecord read(ResultSet row) throws SQLException {
        UUID id = Session.uuid(row, ID.at());
        String own = OWN_STATUS.text(row);
        Status status = status(own == null ? STATUS.text(row) : own);
        Instant created = UuidBytes.time(id);
        Long finished = Session.longOrNull(row, (own == null ? FINISHED : OWN_FINISHED).at());
        Long expires = Session.longOrNull(row, EXPIRES.at());
        return new RequestRecord(
                id,
                row.getInt(CLIENT.at()),
                row.getLong(JOB.at()),
                UPSTREAM.text(row),
                ROUTE.text(row),
                PARAMS.text(row),
                status,
                row.getInt(ATTEMPTS.at()),
                Session.intOrNull(row, LAST_STATUS.at()),
                created,
                finished == null ? null : later(created, Instant.ofEpochMilli(finished)),
                expires == null ? null : Instant.ofEpochMilli(expires),
                CLIENT_REQUEST_ID.text(row),
                WEBHOOK_URL.text(row),
                status == Status.SUCCEEDED ? result(row) : null,
                status == Status.FAILED ? failure(row) : null,
                row.getLong(TURN.at()),
                Micros.instantOrNull(Session.longOrNull(row, DUE.at())),
                Micros.instantOrNull(Session.longOrNull(row, CACHED_UNTIL.at())),
                Priority.ALL.get(row.getInt(PRIORITY.at())),
                Priority.ALL.get(row.getInt(JOB_PRIORITY.at())),
                wall(row, NOT_BEFORE),
                wall(row, STARTS),
                PARTITION.text(row));
    }

    private static @Nullable Instant wall(ResultSet row, RequestColumn column) throws SQLException {
        Long millis = Session.longOrNull(row, column.at());
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }

    static Status status(String wire) {
        return Status.valueOf(wire.toUpperCase(Locale.ROOT));
    }

    /** Null where a list leaves it out. */
    private static @Nullable Result result(ResultSet row) throws SQLException {
        int status = row.getInt(RESULT_STATUS.at());
        String body = RESULT_BODY.text(row);
        return row.wasNull() ? null : new Result(status, body, original(row));
    }

    private static @Nullable Original original(ResultSet row) throws SQLException {
        String head = ANSWER_HEAD.text(row);
        return row.wasNull()
                ? null
                : new Original(HeaderLine.read(head), BodyColumns.read(row, ANSWER.at()));
    }

    private static Failure failure(ResultSet row) throws SQLException {
        return new Failure(
                Failure.Reason.valueOf(FAILURE_REASON.text(row)),
                Session.intOrNull(row, FAILURE_STATUS.at()),
                FAILURE_BODY.text(row),
                FAILURE_DETAIL.text(row),
                original(row));
    }

    /** A request that found a result there was done when it came. */
    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
