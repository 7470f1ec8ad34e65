package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The backup and the restore of docs/operations.md. */
@Timeout(60)
class BackupTest {
    private static final String NOBODY = "http://127.0.0.1:1";

    @TempDir Path folder;

    @Test
    void aBackupOfARunningGatewayIsRestoredWithItsPromises() throws Exception {
        Path backup = folder.resolve("backup.db");
        String kept;
        String later;
        try (Running running = new Running(folder, NOBODY, "")) {
            kept = ask(running, "before");
            try (Connection sqlite =
                            DriverManager.getConnection(
                                    "jdbc:sqlite:" + folder.resolve("holdfast.db"));
                    Statement statement = sqlite.createStatement()) {
                statement.execute("VACUUM INTO '" + backup + "'");
            }
            later = ask(running, "after");
        }
        Files.move(backup, folder.resolve("holdfast.db"), StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(folder.resolve("holdfast.db-wal"));
        Files.deleteIfExists(folder.resolve("holdfast.db-shm"));

        try (Running running = new Running(folder, "")) {
            String found;
            do {
                found = running.get("/v1/requests/" + kept, "Prefer", "wait=20").body();
            } while (!found.contains("\"succeeded\""));
            assertThat(found).contains("\"signature\"");
            assertThat(running.get("/v1/requests/" + later).statusCode()).isEqualTo(404);
        }
    }

    private static String ask(Running running, String message) throws Exception {
        var receipt = running.get("/crypto/sign?message=" + message, "Prefer", "respond-async");
        assertThat(receipt.statusCode()).isEqualTo(202);
        return new ObjectMapper().readTree(receipt.body()).get("id").asText();
    }
}
