package dev.holdfast.bench.store;

import java.sql.SQLException;
import java.util.List;

/** Writes the rows that an accept leaves (a job and a request), and nothing else. */
interface BareRows extends AutoCloseable {
    /** Those of asks with these parameters, in one transaction; they are on disk afterwards. */
    void write(List<String> params) throws SQLException;

    @Override
    void close() throws SQLException;
}
