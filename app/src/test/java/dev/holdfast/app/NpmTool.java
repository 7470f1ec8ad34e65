package dev.holdfast.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a test runs of npm's: pinned by a lock file below {@code src/test/npm}. */
final class NpmTool {
    private static final int MAX_SECONDS = 180;

    private final Path folder;

    /** Installs what {@code src/test/npm/NAME} names, unless that was done. */
    NpmTool(String name) throws Exception {
        Path source = Path.of("src", "test", "npm", name);
        folder = Path.of("target", "npm", name);
        Files.createDirectories(folder);
        try (var files = Files.list(source)) {
            for (Path file : files.toList()) {
                Files.write(folder.resolve(file.getFileName()), Files.readAllBytes(file));
            }
        }
        Path done = folder.resolve("installed");
        String lock = Files.readString(source.resolve("package-lock.json"));
        if (!Files.exists(done) || !Files.readString(done).equals(lock)) {
            Ran installed =
                    run(
                            List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
                            Map.of());
            if (installed.status() != 0) {
                throw new AssertionError("npm ci: " + installed.out());
            }
            Files.writeString(done, lock);
        }
    }

    /** How a program ended and what it printed. */
    record Ran(int status, String out) {}

    /** The folder that it runs in. */
    Path folder() {
        return folder;
    }

    Ran node(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("node"));
        command.addAll(List.of(arguments));
        return run(command, environment);
    }

    private Ran run(List<String> command, Map<String, String> environment) throws Exception {
        Path log = Files.createTempFile(folder, "run", ".txt");
        var builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new AssertionError(
                    command.getFirst() + " is missing: run ./test, which installs it (nodejs, npm)",
                    e);
        }
        if (!process.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " did not end");
        }
        return new Ran(process.exitValue(), Files.readString(log));
    }
}
