package dev.holdfast.bench.store;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sqlite.SqliteStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConfig.JournalMode;
import org.sqlite.SQLiteConfig.SynchronousMode;

/**
 * The ceiling of durable accepts: the rows that one accept leaves (a job and a request, in the
 * store's own schema with its indexes), inserted by bare JDBC with the store's settings, as many
 * asks in a transaction as there are callers, each transaction with its fsync. Checkpoints are made
 * beside it, as in the store.
 */
final class RawRows implements BareRows {
    private static final int WRITER_CACHE = -16_000;
    private static final long CHECKPOINT_EVERY_MILLIS = 50;
    private static final String JOB =
            """
            INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,
                status, turn, repeatable, created, cache_ttl, interest)
            VALUES (?, 1, '/crypto/sign', 1, ?, ?, ?, ?, 'queued', ?, 1, ?, 2592000000000, 1)
            """;
    private static final String REQUEST = "INSERT INTO request (client, id, job) VALUES (1, ?, ?)";

    private final RandomGenerator random = RandomGenerator.getDefault();
    private final Connection connection;
    private final PreparedStatement job;
    private final PreparedStatement request;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread checkpoints;
    private long number;

    RawRows(Path file) throws SQLException {
        SqliteStore.open(file, StoreOptions.DEFAULT).close();
        connection = connect(file);
        connection.setAutoCommit(false);
        job = connection.prepareStatement(JOB);
        request = connection.prepareStatement(REQUEST);
        checkpoints = Thread.ofPlatform().daemon().start(() -> checkpoint(file));
    }

    /** Asks a second, in transactions of so many. */
    double perSecond(int together, Duration time) throws SQLException {
        long began = System.nanoTime();
        long end = began + time.toNanos();
        long asks = 0;
        while (System.nanoTime() < end) {
            write(
                    IntStream.range(0, together)
                            .mapToObj(i -> "{\"message\":\"message " + i + "\"}")
                            .toList());
            asks += together;
        }
        return asks / ((System.nanoTime() - began) / 1e9);
    }

    @Override
    public void write(List<String> params) throws SQLException {
        for (String each : params) {
            insert(each);
        }
        connection.commit();
    }

    private void insert(String params) throws SQLException {
        byte[] id = bytes(UuidCreator.getTimeOrderedEpoch());
        number++;
        job.setLong(1, number);
        job.setBytes(2, id);
        job.setLong(3, random.nextLong());
        job.setLong(4, random.nextLong());
        job.setString(5, params);
        job.setLong(6, number);
        job.setLong(7, number * 100);
        job.executeUpdate();
        request.setBytes(1, id);
        request.setLong(2, number);
        request.executeUpdate();
    }

    private void checkpoint(Path file) {
        try (Connection own = connect(file);
                Statement statement = own.createStatement()) {
            while (!closed.get()) {
                statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
                Thread.sleep(CHECKPOINT_EVERY_MILLIS);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static Connection connect(Path file) throws SQLException {
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(JournalMode.WAL);
        config.setSynchronous(SynchronousMode.FULL);
        config.setPragma(SQLiteConfig.Pragma.WAL_AUTOCHECKPOINT, "0");
        // As the store: or each INSERT is followed by a query for its row's number.
        config.setGetGeneratedKeys(false);
        config.setBusyTimeout(2_000);
        config.setCacheSize(WRITER_CACHE);
        return config.createConnection("jdbc:sqlite:" + file);
    }

    private static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    @Override
    public void close() throws SQLException {
        closed.set(true);
        checkpoints.interrupt();
        try {
            checkpoints.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
