package dev.holdfast.store.sql;

import dev.holdfast.request.Costs;
import dev.holdfast.request.Priority;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Wishes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The columns of a job that are read, and what a new one gives; the others have a default. */
public enum JobColumn {
    ID("int8", Job::id),
    UPSTREAM("int4", Job::upstream),
    ROUTE("text", Job::route),
    CLIENT("int4", Job::client),
    REQUEST("uuid", Job::request),
    KEY_HIGH("int8", Job::keyHigh),
    KEY_LOW("int8", Job::keyLow),
    PARTITION("text", Job::partition),
    COST("text", job -> JobColumn.cost(job.costs())),
    UNITS("text", job -> job.costs() == null ? null : job.costs().units()),
    PARAMS("text", Job::params),
    BODY("bytea", job -> BodyColumns.atHand(job.body())),
    BODY_CONTENT("uuid", job -> BodyColumns.content(job.body())),
    BODY_BYTES("int8", job -> BodyColumns.bytes(job.body())),
    STATUS("text", job -> job.status().wire()),
    TURN("int8", Job::turn),
    DUE,
    ATTEMPTS,
    CHARGED,
    REPEATABLE("bool", Job::repeatable),
    CREATED("int8", Job::created),
    CACHE_TTL("int8", Job::cacheTtl),
    INTEREST,
    HIGH("int4", job -> job.wishes().high()),
    LOW("int4", job -> job.wishes().low()),
    TIMED("int4", job -> job.wishes().timed()),
    CACHED_UNTIL,
    PRIORITY("int2", job -> job.priority().number()),
    WEIGHT("int2", Job::weight),
    STARTS("int8", Job::starts);

    /** No parameters at all: whoever is to call for these finds that it cannot. */
    static final String UNREADABLE = "";

    private static final Logger LOG = LoggerFactory.getLogger(JobColumn.class);

    /** Reads them all, of a table that is called {@code j}. */
    static final String SELECT =
            Arrays.stream(values())
                    .map(column -> "j." + column.lower())
                    .collect(Collectors.joining(", ", "SELECT ", " FROM job j\n"));

    /** Adds one that waits for its first call. */
    public static final Insert<Job> INSERT =
            new Insert<>(
                    "job",
                    Arrays.stream(values())
                            .map(column -> column.given)
                            .filter(Objects::nonNull)
                            .toList());

    @SuppressWarnings("ImmutableEnumChecker") // Its function reads a record.
    private final Insert.@Nullable Column<Job> given;

    JobColumn() {
        given = null;
    }

    JobColumn(String type, Function<Job, @Nullable Object> value) {
        given = new Insert.Column<>(lower(), type, value);
    }

    private static @Nullable String cost(@Nullable Costs costs) {
        return costs == null || costs.isNothing() ? null : costs.write();
    }

    private static @Nullable Costs costs(ResultSet row) throws SQLException {
        return row.getString(UNITS.at()) == null ? null : Costs.read(row.getString(COST.at()));
    }

    /** What a job that waits costs, as it is kept; nothing if that cannot be read. */
    public static Costs costs(@Nullable String kept) {
        try {
            return Costs.read(kept);
        } catch (RuntimeException _) {
            return Costs.NONE; // the job itself says so when it is called for
        }
    }

    private String lower() {
        return name().toLowerCase(Locale.ROOT);
    }

    @SuppressWarnings("EnumOrdinal") // The statement is made in this order, too.
    private int at() {
        return ordinal() + 1;
    }

    /**
     * A job from a row of {@link #SELECT}. One whose cost cannot be read has {@link #UNREADABLE}
     * parameters and costs nothing: it takes its turn, and fails.
     */
    public static Job read(ResultSet row) throws SQLException {
        try {
            return read(row, costs(row), Session.text(row, PARAMS.at()));
        } catch (RuntimeException e) {
            LOG.error("job {} cannot be read", row.getLong(ID.at()), e);
            return read(row, Costs.NONE, UNREADABLE);
        }
    }

    private static Job read(ResultSet row, @Nullable Costs costs, String params)
            throws SQLException {
        return new Job(
                row.getLong(ID.at()),
                row.getInt(UPSTREAM.at()),
                Session.text(row, ROUTE.at()),
                row.getInt(CLIENT.at()),
                Session.uuid(row, REQUEST.at()),
                row.getLong(KEY_HIGH.at()),
                row.getLong(KEY_LOW.at()),
                Session.text(row, PARTITION.at()),
                costs,
                params,
                BodyColumns.read(row, BODY.at()),
                RequestColumn.status(Session.text(row, STATUS.at())),
                row.getLong(TURN.at()),
                Session.longOrNull(row, DUE.at()),
                row.getInt(ATTEMPTS.at()),
                row.getInt(CHARGED.at()),
                row.getBoolean(REPEATABLE.at()),
                row.getLong(CREATED.at()),
                row.getLong(CACHE_TTL.at()),
                new Wishes(
                        row.getInt(INTEREST.at()),
                        row.getInt(HIGH.at()),
                        row.getInt(LOW.at()),
                        row.getInt(TIMED.at())),
                Session.longOrNull(row, CACHED_UNTIL.at()),
                Priority.ALL.get(row.getInt(PRIORITY.at())),
                row.getInt(WEIGHT.at()),
                Session.longOrNull(row, STARTS.at()));
    }
}
