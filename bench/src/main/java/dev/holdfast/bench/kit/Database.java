package dev.holdfast.bench.kit;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real PostgreSQL server that can be stopped as a power cut stops it, and started again. */
public final class Database implements AutoCloseable {
    /** The database on it. */
    public static final String NAME = "holdfast";

    public static final String USER = "postgres";
    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

    private final Path folder;
    private final int port;
    private EmbeddedPostgres server;

    /** Starts the cluster in the folder, or makes one there; commits wait for the disk. */
    public Database(Path folder) throws IOException, SQLException {
        this.folder = folder;
        port = GatewayProcess.freePort();
        boolean there = Files.exists(folder.resolve("PG_VERSION"));
        server = start();
        if (there) {
            return;
        }
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + NAME);
        }
    }

    private EmbeddedPostgres start() throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(folder)
                .setCleanDataDirectory(false)
                .setPort(port)
                // As a server has them; what starts it here would not wait for the disk otherwise.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "200")
                .start();
    }

    public int port() {
        return port;
    }

    /** Its URL for {@code store.url}, by way of this port. */
    public static String url(int port) {
        return url(port, NAME);
    }

    private static String url(int port, String name) {
        return "postgresql://" + USER + "@127.0.0.1:" + port + "/" + name;
    }

    /** Makes one more database on it, and gives its URL for {@code store.url}. */
    public String another(String name) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        }
        return url(port, name);
    }

    /** The JDBC URL of a database that {@code store.url} names so. */
    public static String jdbc(String url) {
        return url.replaceFirst("postgresql://(\\w+)@(.*)", "jdbc:postgresql://$2?user=$1");
    }

    public Connection connect() throws SQLException {
        return server.getDatabase(USER, NAME).getConnection();
    }

    /** Ends the server without a checkpoint or a word to its clients, and starts it again. */
    public void restart() throws IOException, InterruptedException {
        long postmaster =
                Long.parseLong(Files.readAllLines(folder.resolve("postmaster.pid")).getFirst());
        new ProcessBuilder("kill", "-QUIT", String.valueOf(postmaster)).start().waitFor();
        long giveUp = System.nanoTime() + STOP_WITHIN.toNanos();
        while (ProcessHandle.of(postmaster).map(ProcessHandle::isAlive).orElse(false)) {
            if (System.nanoTime() > giveUp) {
                throw new IOException("the database does not stop");
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        server.close();
        server = start();
    }

    /** The processors' time that those of its processes have taken that are there. */
    public double processorMicros() throws IOException {
        long postmaster =
                Long.parseLong(Files.readAllLines(folder.resolve("postmaster.pid")).getFirst());
        double micros = 0;
        for (ProcessHandle child :
                ProcessHandle.of(postmaster).stream().flatMap(ProcessHandle::children).toList()) {
            micros += Processors.micros(Path.of("/proc/" + child.pid()));
        }
        return micros;
    }

    /** A number that a query gives. */
    public long number(String query, Object... values) throws SQLException {
        return rows(query, values).getFirst()[0];
    }

    /** Rows of numbers; NULL is 0. */
    public List<long[]> rows(String query, Object... values) throws SQLException {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            List<long[]> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery()) {
                int columns = result.getMetaData().getColumnCount();
                while (result.next()) {
                    long[] row = new long[columns];
                    for (int i = 0; i < columns; i++) {
                        row[i] = result.getLong(i + 1);
                    }
                    rows.add(row);
                }
            }
            return rows;
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
