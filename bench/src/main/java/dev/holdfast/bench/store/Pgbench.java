package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Database;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's own load program, {@code pgbench}: so many clients that each insert one row a
 * transaction, into a table with nothing but a primary key.
 */
final class Pgbench {
    private static final Path DEBIAN = Path.of("/usr/lib/postgresql");
    private static final Pattern RATE = Pattern.compile("tps = ([0-9.]+)");
    private static final String TABLE =
            """
            CREATE TABLE IF NOT EXISTS bare (
                id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                client INTEGER NOT NULL,
                params TEXT NOT NULL)
            """;
    private static final String INSERT =
            """
            \\set number random(1, 1000000000)
            INSERT INTO bare (client, params) VALUES (1, '{"message":"message ' || :number || '"}');
            """;

    private final Path program;
    private final Path script;
    private final int port;

    Pgbench(Path folder, Database database) throws IOException, SQLException {
        Files.createDirectories(folder);
        program = find();
        script = Files.writeString(folder.resolve("insert.sql"), INSERT);
        port = database.port();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(TABLE);
        }
    }

    private static Path find() throws IOException {
        List<Path> folders = new ArrayList<>();
        for (String folder : System.getenv("PATH").split(":", -1)) {
            folders.add(Path.of(folder));
        }
        if (Files.isDirectory(DEBIAN)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(DEBIAN)) {
                versions.forEach(version -> folders.add(version.resolve("bin")));
            }
        }
        return folders.stream()
                .map(folder -> folder.resolve("pgbench"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(
                        () -> new IOException("pgbench is missing: apt-get install postgresql"));
    }

    /** Rows a second. */
    double perSecond(int clients, Duration time) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                program.toString(),
                                "--host=127.0.0.1",
                                "--port=" + port,
                                "--username=" + Database.USER,
                                "--no-vacuum",
                                "--protocol=prepared",
                                "--client=" + clients,
                                "--jobs=2",
                                "--time=" + time.toSeconds(),
                                "--file=" + script,
                                Database.NAME)
                        .redirectErrorStream(true)
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        Matcher rate = RATE.matcher(said);
        if (process.waitFor() != 0 || !rate.find()) {
            throw new IOException("pgbench failed: " + said.strip());
        }
        return Double.parseDouble(rate.group(1));
    }
}
