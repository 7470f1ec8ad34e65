package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The backup and the restore of docs/operations.md, by their commands. */
@Timeout(240)
class BackupTest {
    private static final String NOBODY = "http://127.0.0.1:1";

    private static final String METERED =
            "  metered: { url: %s, quota: [ { limit: 5, window: 1h } ] }".formatted(NOBODY);

    private static final String ROUTES =
            """
            routes:
              - path: /crypto/sign
                upstream: synthesia
                call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
                params: { message: { required: true } }
                result: { field: signature, from: text }
              - path: /metered
                upstream: metered
                call: { method: GET, path: /metered }
            """;

    @TempDir Path folder;

    @Test
    void aBackupOfARunningGatewayIsRestoredWithItsPromisesAndItsQuotaIsNotGivenAgain()
            throws Exception {
        Path backup = folder.resolve("backup.db");
        String kept;
        String later;
        try (Running running = new Running(folder, NOBODY, METERED, ROUTES)) {
            kept = ask(running, "before");
            assertThat(run("backup", backup.toString())).startsWith("0 ").contains("on disk");
            assertThat(run("backup", backup.toString())).startsWith("1 ").contains("is there");
            assertThat(run("restore", backup.toString(), "--force"))
                    .startsWith("1 ")
                    .contains("in use by another Holdfast");
            assertThat(running.get("/v1/audit").body()).contains("\"backup-made\"");
            assertThat(upstream(running).get("restored").asBoolean()).isFalse();
            assertThat(upstream(running).get("free_slots").asInt()).isEqualTo(5);
            later = ask(running, "after");
        }
        assertThat(run("restore", backup.toString())).startsWith("1 ").contains("--force");
        assertThat(run("restore", backup.toString(), "--force"))
                .startsWith("0 ")
                .contains("before-restore");

        try (Running running = new Running(folder, null, METERED, ROUTES)) {
            String found;
            do {
                found = running.get("/v1/requests/" + kept, "Prefer", "wait=20").body();
            } while (!found.contains("\"succeeded\""));
            assertThat(found).contains("\"signature\"");
            assertThat(running.get("/v1/requests/" + later).statusCode()).isEqualTo(404);
            JsonNode metered = upstream(running);
            assertThat(metered.get("restored").asBoolean()).isTrue();
            assertThat(metered.get("free_slots").asInt()).isZero();
            assertThat(metered.get("quota").get(0).get("taken").asInt()).isEqualTo(5);
            assertThat(metered.get("next_slot_seconds").asDouble()).isBetween(3_000.0, 3_700.0);
            assertThat(metered.get("waiting_for").asText()).isEqualTo("slot");
            JsonNode receipt = json(running.get("/metered", "Prefer", "respond-async").body());
            assertThat(receipt.get("estimated_seconds").asDouble()).isGreaterThan(3_000.0);
            assertThat(running.get("/v1/audit").body()).contains("\"restored\"");
        }
    }

    @Test
    void aStoreOnPostgresqlSaysWhatToDoInstead() throws Exception {
        Files.writeString(
                folder.resolve("holdfast.yaml"),
                "store: { url: \"postgresql://u:secret@127.0.0.1:1/db\" }\n");

        assertThat(command("backup", folder.resolve("b").toString()))
                .startsWith("1 ")
                .contains("pg_dump")
                .doesNotContain("secret");
        Path some = Files.writeString(folder.resolve("some"), "x");
        assertThat(command("restore", some.toString()))
                .startsWith("1 ")
                .contains("longest window")
                .doesNotContain("secret");
    }

    private String run(String... command) throws Exception {
        Files.writeString(
                folder.resolve("holdfast.yaml"),
                "store: { url: \"sqlite:%s\" }%n".formatted(folder.resolve("holdfast.db")));
        return command(command);
    }

    /** Its status and what it said. */
    private String command(String... words) {
        CommandLine root = CommandLines.root();
        StringWriter said = new StringWriter();
        root.setErr(new PrintWriter(said, true));
        root.setOut(new PrintWriter(said, true));
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--config", folder.resolve("holdfast.yaml").toString()));
        return CommandLines.execute(root, all.toArray(String[]::new)) + " " + said;
    }

    private static JsonNode upstream(Running running) throws Exception {
        return json(running.get("/v1/upstreams/metered").body());
    }

    private static JsonNode json(String text) throws Exception {
        return new ObjectMapper().readTree(text);
    }

    private static String ask(Running running, String message) throws Exception {
        var receipt = running.get("/crypto/sign?message=" + message, "Prefer", "respond-async");
        assertThat(receipt.statusCode()).as(receipt.body()).isEqualTo(202);
        return json(receipt.body()).get("id").asText();
    }
}
