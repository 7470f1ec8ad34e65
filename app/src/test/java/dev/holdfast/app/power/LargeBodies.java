package dev.holdfast.app.power;

import dev.holdfast.request.Body;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Bodies and answers that are kept in pieces, each by the number of its request. */
final class LargeBodies {
    /** Two pieces or three. */
    private static final int FEWEST_BYTES = Body.MAX_INLINE_BYTES + 1;

    private static final int MOST_BYTES = 3 * Body.MAX_INLINE_BYTES;

    private LargeBodies() {}

    /** What is sent with a request. */
    static byte[] asked(int number) {
        return bytes(2L * number);
    }

    /** What it is answered. */
    static byte[] answered(int number) {
        return bytes(2L * number + 1);
    }

    private static byte[] bytes(long seed) {
        Random of = new Random(seed);
        byte[] bytes = new byte[of.nextInt(FEWEST_BYTES, MOST_BYTES)];
        of.nextBytes(bytes);
        return bytes;
    }

    /**
     * What is not there byte for byte of what a request still needs: of its body until it has an
     * end, of its answer from there on.
     */
    static void lost(Connection kept, UUID request, int number, List<String> broken)
            throws SQLException {
        try (PreparedStatement query =
                kept.prepareStatement(
                        """
                        SELECT job.status, job.body_content, job.answer_content
                        FROM request JOIN job ON job.id = request.job WHERE request.id = ?
                        """)) {
            query.setBytes(1, named(request));
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return; // It is told elsewhere that it is not known.
                }
                String status = row.getString(1);
                boolean ended = status.equals("succeeded");
                byte[] there = pieces(kept, row.getBytes(ended ? 3 : 2));
                byte[] wanted = ended ? answered(number) : asked(number);
                if (!Arrays.equals(there, wanted)) {
                    String what = ended ? "the answer of " : "the body of ";
                    broken.add(
                            "%s%d, which is %s, has %d of %d bytes, or others"
                                    .formatted(what, number, status, there.length, wanted.length));
                }
            }
        }
    }

    /** What nobody refers to and nobody sweeps. */
    static void orphans(Statement statement, List<String> broken) throws SQLException {
        try (ResultSet row =
                statement.executeQuery(
                        """
                        SELECT count(*) FROM content WHERE drop_at IS NULL AND NOT EXISTS (
                            SELECT 1 FROM job
                            WHERE content.id IN (job.body_content, job.answer_content))
                        """)) {
            if (row.next() && row.getInt(1) > 0) {
                broken.add(row.getInt(1) + " large bodies are nobody's and never swept");
            }
        }
    }

    private static byte[] pieces(Connection kept, byte @Nullable [] content) throws SQLException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (PreparedStatement query =
                kept.prepareStatement(
                        "SELECT bytes FROM piece WHERE content = ? ORDER BY number")) {
            query.setBytes(1, content);
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    all.writeBytes(row.getBytes(1));
                }
            }
        }
        return all.toByteArray();
    }

    private static byte[] named(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }
}
