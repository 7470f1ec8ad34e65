package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Holds the dashboard against Grafana's own schema, as the npm package {@code @grafana/schema} has
 * it in types; {@code ./test} installs Node.
 */
@Timeout(240)
class DashboardSchemaTest {
    private static final Path SOURCE = Path.of("src", "test", "js");
    private static final Path FOLDER = Path.of("target", "js");
    private static final Path DASHBOARD = Path.of("..", "ops", "grafana-dashboard.json");
    private static final int MAX_SECONDS = 180;

    @Test
    void theDashboardIsOneThatGrafanaKnows() throws Exception {
        Files.createDirectories(FOLDER);
        for (String file : List.of("package.json", "package-lock.json")) {
            Files.write(FOLDER.resolve(file), Files.readAllBytes(SOURCE.resolve(file)));
        }
        String types = Files.readString(SOURCE.resolve("dashboard.ts"));
        String dashboard = Files.readString(DASHBOARD);
        Files.writeString(FOLDER.resolve("dashboard.ts"), types + dashboard);
        // Beside it one with a mistake, so that a compiler that finds nothing is found.
        Files.writeString(
                FOLDER.resolve("misspelt.ts"),
                types + dashboard.replaceFirst("\"lineWidth\"", "\"lineWith\""));
        if (!Files.exists(FOLDER.resolve("node_modules/typescript/package.json"))) {
            run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        }

        List<String> complaints =
                run(
                                "node",
                                "node_modules/typescript/bin/tsc",
                                "--noEmit",
                                "--strict",
                                "--skipLibCheck",
                                "--module",
                                "nodenext",
                                "--moduleResolution",
                                "nodenext",
                                "dashboard.ts",
                                "misspelt.ts")
                        .lines()
                        .filter(line -> !line.startsWith(" "))
                        .toList();

        assertThat(complaints).hasSize(1).first().asString().startsWith("misspelt.ts");
    }

    /** What it printed; {@code tsc} ends with a status of its own when it complains. */
    private static String run(String... command) throws Exception {
        Path log = Files.createTempFile(FOLDER, "run", ".txt");
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .directory(FOLDER.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
        } catch (IOException e) {
            throw new AssertionError(
                    command[0] + " is missing: run ./test, which installs it (nodejs and npm)", e);
        }
        if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " did not end");
        }
        return Files.readString(log);
    }
}
