package dev.holdfast.app;

import com.microsoft.playwright.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What axe-core has against a page: the npm package, pinned by the lock file below {@code
 * src/test/npm/axe}, runs inside of it with all the rules that are on by default.
 */
final class Axe {
    private static final int MAX_SECONDS = 180;

    /** Each violation and each place of it in a line. */
    private static final String LOOK =
            """
            async (more) => (await axe.run(document, { resultTypes: ['violations'], ...more })).violations.flatMap(
              (rule) => rule.nodes.map((node) =>
                [rule.id, node.target.join(' '), node.html.slice(0, 160), node.failureSummary].join(' | ')))
            """;

    private final String script;

    private Axe(String script) {
        this.script = script;
    }

    static Axe installed() throws Exception {
        Path source = Path.of("src", "test", "npm", "axe");
        Path folder = Files.createDirectories(Path.of("target", "npm", "axe"));
        Path done = folder.resolve("installed");
        String lock = Files.readString(source.resolve("package-lock.json"));
        if (!Files.exists(done) || !Files.readString(done).equals(lock)) {
            for (String name : List.of("package.json", "package-lock.json")) {
                Files.write(folder.resolve(name), Files.readAllBytes(source.resolve(name)));
            }
            install(folder);
            Files.writeString(done, lock);
        }
        return new Axe(Files.readString(folder.resolve("node_modules/axe-core/axe.min.js")));
    }

    private static void install(Path folder) throws Exception {
        Path log = folder.resolve("install.txt");
        Process npm;
        try {
            npm =
                    new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
                            .directory(folder.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
        } catch (IOException e) {
            throw new AssertionError("npm is missing: run ./test, which installs it", e);
        }
        if (!npm.waitFor(MAX_SECONDS, TimeUnit.SECONDS)) {
            npm.destroyForcibly();
            throw new AssertionError("npm ci did not end");
        }
        if (npm.exitValue() != 0) {
            throw new AssertionError("npm ci: " + Files.readString(log));
        }
    }

    /** What violates a rule in this page as it stands. */
    List<String> violations(Page page) {
        return look(page, Map.of());
    }

    /** What has too little contrast. */
    List<String> contrasts(Page page) {
        return look(page, Map.of("runOnly", List.of("color-contrast")));
    }

    private List<String> look(Page page, Map<String, ?> more) {
        if (Boolean.FALSE.equals(page.evaluate("'axe' in window"))) {
            page.evaluate(script);
        }
        return ((List<?>) page.evaluate(LOOK, more)).stream().map(String::valueOf).toList();
    }
}
