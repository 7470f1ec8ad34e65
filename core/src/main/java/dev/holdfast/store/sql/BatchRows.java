package dev.holdfast.store.sql;

import dev.holdfast.store.Batches;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads batches and their lines from their rows; the same in every dialect. */
public final class BatchRows {
    /** Lines read together, each with what its result takes. */
    private static final int CHUNK = 16;

    /** Lines, the last ones, among which one that is not finished is looked for. */
    private static final int LAST = 64;

    private BatchRows() {}

    /** A batch in the viewer's reach, or null. */
    public static @Nullable BatchRecord find(Session sql, Viewer viewer, UUID id)
            throws SQLException {
        BatchRecord found = sql.first(BatchSql.BATCH, BatchRows::read, id);
        return found == null || (!viewer.all() && found.client() != viewer.client()) ? null : found;
    }

    public static List<BatchRecord> list(
            Session sql, Viewer viewer, int limit, @Nullable UUID before) throws SQLException {
        StringBuilder text = new StringBuilder(BatchSql.ALL);
        List<Object> values = new ArrayList<>();
        if (!viewer.all()) {
            text.append(" AND client = ?");
            values.add(viewer.client());
        }
        if (before != null) {
            text.append(" AND id < ?");
            values.add(before);
        }
        text.append(" ORDER BY id DESC LIMIT ?");
        values.add(limit);
        return sql.list(text.toString(), BatchRows::read, values.toArray());
    }

    public static List<Batches.Refusal> refusals(Session sql, int batch, int after, int limit)
            throws SQLException {
        return sql.list(
                BatchSql.REFUSALS,
                row -> new Batches.Refusal(row.getInt(1), Session.text(row, 2)),
                batch,
                after,
                limit);
    }

    public static List<RequestRecord> lines(Session sql, BatchRecord batch, int after, int limit)
            throws SQLException {
        List<RequestRecord> lines = new ArrayList<>();
        long chars = 0;
        UUID last = Batches.line(batch.id(), after);
        while (lines.size() < limit && chars < Reads.MAX_LIST_CHARS) {
            int most = Math.min(CHUNK, limit - lines.size());
            List<RequestRecord> some =
                    sql.list(
                            BatchSql.LINES,
                            RequestColumn::read,
                            batch.client(),
                            last,
                            Batches.line(batch.id(), batch.lines()),
                            most);
            for (RequestRecord line : some) {
                lines.add(line);
                chars += Reads.chars(line);
            }
            if (some.size() < most) {
                break;
            }
            last = some.getLast().id();
        }
        return lines;
    }

    public static @Nullable RequestRecord lastUnfinished(Session sql, BatchRecord batch)
            throws SQLException {
        return sql.first(
                BatchSql.LAST_UNFINISHED,
                RequestColumn::read,
                batch.client(),
                Batches.line(batch.id(), Math.max(0, batch.lines() - LAST)),
                Batches.line(batch.id(), batch.lines()));
    }

    public static BatchRecord read(ResultSet row) throws SQLException {
        Long completed = Session.longOrNull(row, 17);
        return new BatchRecord(
                row.getInt(1),
                Session.uuid(row, 2),
                row.getInt(3),
                row.getInt(4),
                row.getInt(5),
                row.getInt(6),
                row.getInt(7),
                row.getInt(8),
                row.getInt(9),
                row.getInt(10),
                row.getInt(11),
                Session.text(row, 12),
                row.getInt(13) == 1,
                row.getInt(14) == 1,
                Session.text(row, 15),
                Instant.ofEpochMilli(row.getLong(16)),
                completed == null ? null : Instant.ofEpochMilli(completed));
    }
}
