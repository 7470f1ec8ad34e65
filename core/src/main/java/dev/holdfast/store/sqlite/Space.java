package dev.holdfast.store.sqlite;

import dev.holdfast.store.Store;
import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How long the file is, and how it becomes shorter again: pages that are free and will not be
 * needed soon are given back, a few at a time between other writes. It tells the log each time that
 * the file has doubled.
 */
final class Space {
    private static final Logger LOG = LoggerFactory.getLogger(Space.class);

    /** Pages given back in one step at the most, of 4 KiB. */
    static final int PAGES_AT_ONCE = 64;

    /**
     * Each page that is given back is looked for among all that are free: pages of both,
     * multiplied, in one step. Some milliseconds.
     */
    static final long LOOKS_AT_ONCE = 400_000;

    /** Free pages that are kept for what comes next: 4 MiB. */
    static final long SPARE_PAGES = 1_024;

    /** Beside them, this part of the file: what is asked and forgotten in turn needs it again. */
    private static final long SPARE_PART = 8;

    /** From this size on growth is told of. */
    private static final long TOLD_FROM = 256L << 20;

    private static final double MIB = 1 << 20;

    private volatile Store.Size size = Store.Size.UNKNOWN;
    private long tellFrom = TOLD_FROM;

    /** As of the last step. */
    Store.Size size() {
        return size;
    }

    /**
     * Looks, and gives some back if there is nothing else to do.
     *
     * @return whether there is more to give back
     */
    boolean step(SqliteTransaction tx, boolean idle) throws SQLException {
        long page = tx.sql.number(SqliteSql.PAGE_BYTES);
        long pages = tx.sql.number(SqliteSql.PAGES);
        long free = tx.sql.number(SqliteSql.FREE_PAGES);
        long tooMany = free - SPARE_PAGES - pages / SPARE_PART;
        long given = 0;
        if (idle && tooMany > 0) {
            long some = Math.clamp(LOOKS_AT_ONCE / free, 1, PAGES_AT_ONCE);
            tx.sql.changeToTheEnd("PRAGMA incremental_vacuum(" + some + ")");
            given = pages - tx.sql.number(SqliteSql.PAGES);
            pages -= given;
            free = tx.sql.number(SqliteSql.FREE_PAGES);
        }
        size = new Store.Size(pages * page, free * page);
        tell(size);
        return given > 0 && tooMany > given;
    }

    private void tell(Store.Size now) {
        if (now.bytes() >= tellFrom) {
            LOG.info(
                    "the store has grown to {} MiB, {} MiB of them free; store.retention says how"
                            + " long what is done is kept",
                    Math.round(now.bytes() / MIB),
                    Math.round(now.freeBytes() / MIB));
        }
        while (now.bytes() >= tellFrom) {
            tellFrom *= 2;
        }
        while (tellFrom > TOLD_FROM && now.bytes() < tellFrom / 4.0) {
            tellFrom /= 2;
        }
    }
}
