package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/**
 * What README and the documents say to type: commands of holdfast by their own parser, scripts and
 * tests by whether they are there, configurations by being read. The examples of docs/api.md are
 * run ({@code ApiExamplesTest}), and so are the configurations of docs/another-api.md ({@code
 * AnotherApiTest}).
 */
class DocumentedCommandsTest {
    private static final Path ROOT = Path.of("..");

    /** Commands that are not this module's: the measurements, and what an archive's start has. */
    private static final List<String> ELSEWHERE = List.of("bench", "train");

    private static final Pattern FENCE =
            Pattern.compile("(?ms)^```(\\w+)(?: [^\\n]*)?\\n(.*?)^```$");
    private static final Pattern INLINE = Pattern.compile("`(?:\\./)?(holdfast [^`]+)`");
    private static final Pattern LINE =
            Pattern.compile("(?m)^(?:\\$ )?(?:\\./)?(holdfast [^#\\n|&>;]+)");
    private static final Pattern SCRIPT =
            Pattern.compile("(?m)^(?:\\$ )?((?:\\./|packaging/|\\.ci/)[\\w./-]+)");
    private static final Pattern NAMED =
            Pattern.compile("-Dtest='?([\\w,#]+)|`(\\w+(?:Test|Contract)(?:#\\w+)?)`");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)");

    private static final Map<String, String> DOCUMENTS = new TreeMap<>();

    /** The source of each test by its class. */
    private static final Map<String, Path> TESTS = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            Stream.concat(
                            Stream.of("README.md", "SECURITY.md", "CONTRIBUTING.md")
                                    .map(ROOT::resolve),
                            files.filter(file -> file.toString().endsWith(".md")))
                    .forEach(file -> DOCUMENTS.put(file.toString(), text(file)));
        }
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(one -> one.resolve("src/test/java")).toList()) {
                if (Files.isDirectory(tests)) {
                    try (Stream<Path> files = Files.walk(tests)) {
                        files.filter(file -> file.toString().endsWith(".java"))
                                .forEach(file -> TESTS.put(named(file), file));
                    }
                }
            }
        }
    }

    private static String named(Path source) {
        return source.getFileName().toString().replace(".java", "");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is typed in a document: its shell blocks, long lines put together. */
    private static String typed(String document) {
        var typed = new StringBuilder();
        Matcher fence = FENCE.matcher(document);
        while (fence.find()) {
            if (fence.group(1).equals("sh") || fence.group(1).equals("console")) {
                typed.append(fence.group(2).replace("\\\n", " "));
            }
        }
        return typed.toString();
    }

    @Test
    void eachCommandOfHoldfastIsOneThatItTakes() {
        List<String> wrong = new ArrayList<>();
        int[] taken = {0};
        DOCUMENTS.forEach(
                (name, document) -> {
                    LINE.matcher(typed(document))
                            .results()
                            .forEach(line -> taken[0] += take(name, line.group(1), false, wrong));
                    INLINE.matcher(document)
                            .results()
                            .forEach(code -> taken[0] += take(name, code.group(1), true, wrong));
                });
        assertThat(wrong).isEmpty();
        assertThat(taken[0]).as("commands in the documents").isGreaterThan(30);
    }

    /** In a sentence a command may be named without what it wants. */
    private static int take(String where, String line, boolean named, List<String> wrong) {
        String plain = line.replaceAll("[\\[\\]…]", "").strip();
        String[] words = plain.split("\\s+");
        if (words.length < 2 || ELSEWHERE.contains(words[1])) {
            return 0;
        }
        CommandLine root = CommandLines.root();
        try {
            root.parseArgs(List.of(words).subList(1, words.length).toArray(String[]::new));
        } catch (MissingParameterException e) {
            if (!named) {
                wrong.add(where + ": " + line + ": " + e.getMessage());
            }
        } catch (ParameterException e) {
            wrong.add(where + ": " + line + ": " + e.getMessage());
        }
        return 1;
    }

    @Test
    void eachScriptThatIsTypedIsThereAndRuns() {
        List<String> wrong = new ArrayList<>();
        DOCUMENTS.forEach(
                (name, document) ->
                        SCRIPT.matcher(typed(document))
                                .results()
                                .filter(one -> !Files.isExecutable(ROOT.resolve(one.group(1))))
                                .forEach(one -> wrong.add(name + ": " + one.group(1))));
        assertThat(wrong).isEmpty();
    }

    @Test
    void eachTestThatIsNamedIsThere() {
        List<String> wrong = new ArrayList<>();
        int[] found = {0};
        DOCUMENTS.forEach(
                (name, document) ->
                        NAMED.matcher(document)
                                .results()
                                .flatMap(
                                        one ->
                                                Stream.of(
                                                        (one.group(1) == null
                                                                        ? one.group(2)
                                                                        : one.group(1))
                                                                .split(",")))
                                .filter(test -> !test.equals("NAME"))
                                .forEach(
                                        test -> {
                                            found[0]++;
                                            if (!isThere(test)) {
                                                wrong.add(name + ": " + test);
                                            }
                                        }));
        assertThat(wrong).isEmpty();
        assertThat(found[0]).as("tests that the documents name").isGreaterThan(100);
    }

    private static boolean isThere(String test) {
        String[] parts = test.split("#", 2);
        Path source = TESTS.get(parts[0]);
        return source != null && (parts.length == 1 || text(source).contains(" " + parts[1] + "("));
    }

    @Test
    void eachConfigurationInTheReadmeIsOne() throws Exception {
        Matcher fence = FENCE.matcher(text(ROOT.resolve("README.md")));
        int read = 0;
        while (fence.find()) {
            if (fence.group(1).equals("yaml")) {
                Map<String, String> variables = new HashMap<>();
                VARIABLE.matcher(fence.group(2))
                        .results()
                        .forEach(one -> variables.put(one.group(1), "given"));
                Configuration.parse(
                        "README.md",
                        fence.group(2),
                        Variables.of(variables),
                        Purpose.GATEWAY,
                        store -> false);
                read++;
            }
        }
        assertThat(read).isEqualTo(2);
    }
}
