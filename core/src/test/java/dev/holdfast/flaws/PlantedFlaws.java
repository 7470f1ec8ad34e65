package dev.holdfast.flaws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plays a module's list of flaws: each is compiled alone, and its test must fail; unchanged, all of
 * these tests pass. A tenth of the list is played, another one each day; {@code -Dflaws=all} plays
 * all, {@code -Dflaws=3} that tenth, {@code -Dflaws=WORDS} those whose name has these words.
 */
public abstract class PlantedFlaws {
    private static final int PARTS = 10;
    private static final String WANTED = System.getProperty("flaws", "");

    /** Tests that run at once, each in a process of its own. */
    private static final int AT_ONCE =
            Integer.getInteger("flaws.at-once", Runtime.getRuntime().availableProcessors());

    /** A test that takes longer has not failed. */
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path module = Path.of("").toAbsolutePath();
    private final Sources sources = Sources.of(module);
    private final String classPath = System.getProperty("java.class.path");
    private final FlawedClasses classes = new FlawedClasses(classPath);
    private final ExecutorService atOnce = Executors.newFixedThreadPool(AT_ONCE);
    private final List<Flaw> flaws;

    @TempDir Path folder;

    /**
     * @param list the list's text
     */
    protected PlantedFlaws(String list) {
        flaws = FlawList.read(list);
    }

    @AfterEach
    void stop() {
        atOnce.shutdownNow();
    }

    @Test
    void everyFlawHasItsPlaceInTheSource() {
        for (Flaw flaw : flaws) {
            assertThat(sources.flawed(flaw)).isNotEmpty();
            assertThat(sources.test(flaw)).isNotEmpty();
        }
    }

    @TestFactory
    List<DynamicTest> everyFlawIsFound() {
        List<Flaw> chosen = chosen();
        List<DynamicTest> tests = new ArrayList<>();
        Map<List<String>, TreeSet<String>> unchanged = new TreeMap<>(byText());
        chosen.forEach(
                flaw ->
                        unchanged
                                .computeIfAbsent(flaw.properties(), _ -> new TreeSet<>())
                                .add(sources.test(flaw)));
        unchanged.forEach(
                (properties, names) -> {
                    Callable<Ran> run = () -> run(List.copyOf(names), properties, classPath);
                    tests.add(test("unchanged " + names, run, PlantedFlaws::passed));
                });
        for (Flaw flaw : chosen) {
            tests.add(test(flaw.toString(), () -> planted(flaw), ran -> found(flaw, ran)));
        }
        return tests;
    }

    /** The flaws to play. */
    private List<Flaw> chosen() {
        if (WANTED.equals("all")) {
            return flaws;
        }
        if (!WANTED.isEmpty() && !WANTED.matches("[0-9]")) {
            return flaws.stream().filter(flaw -> flaw.name().contains(WANTED)).toList();
        }
        int part =
                WANTED.isEmpty()
                        ? (int) (LocalDate.now(ZoneOffset.UTC).toEpochDay() % PARTS)
                        : Integer.parseInt(WANTED);
        System.out.println("flaws: the tenth numbered " + part + " (-Dflaws=" + part + ")");
        return IntStream.range(0, flaws.size())
                .filter(place -> place % PARTS == part)
                .mapToObj(flaws::get)
                .toList();
    }

    private interface Check {
        void of(Ran ran);
    }

    /** Runs at once, beside others; the test waits for it. */
    private DynamicTest test(String name, Callable<Ran> run, Check check) {
        Future<Ran> running = atOnce.submit(run);
        return DynamicTest.dynamicTest(
                name,
                () -> {
                    try {
                        check.of(running.get());
                    } catch (ExecutionException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    }
                });
    }

    private static void passed(Ran ran) {
        assertThat(ran.status()).as("unchanged: %s", ran).isEqualTo(ChildTests.PASSED);
    }

    private static void found(Flaw flaw, Ran ran) {
        String what = flaw + " (" + flaw.test() + ")";
        System.out.printf(
                "flaws: %s %s in %.1f s: %s%n",
                ran.status() == ChildTests.FAILED ? "found" : "NOT FOUND",
                what,
                ran.took().toMillis() / 1000.0,
                ran.words());
        assertThat(ran.status()).as("%s survives: %s", what, ran).isEqualTo(ChildTests.FAILED);
        assertThat(ran.words()).as(what).contains(flaw.says());
    }

    private Ran planted(Flaw flaw) throws IOException, InterruptedException {
        Path flawed = Files.createTempDirectory(folder, "flawed");
        classes.compile(flaw, changed(flaw), flawed);
        String path = flawed + System.getProperty("path.separator") + classPath;
        return run(List.of(sources.test(flaw)), flaw.properties(), path);
    }

    /** The flawed files and those that have their constants in them. */
    private List<Sources.Flawed> changed(Flaw flaw) {
        Map<Path, Sources.Flawed> changed = new LinkedHashMap<>();
        List<Sources.Flawed> flawed = sources.flawed(flaw);
        for (Sources.Flawed each : flawed) {
            sources.users(each).forEach(user -> changed.put(user.file(), user));
        }
        flawed.forEach(each -> changed.put(each.file(), each));
        return List.copyOf(changed.values());
    }

    /**
     * What came of tests.
     *
     * @param status as {@link ChildTests} ends, or -1 if it took too long
     */
    private record Ran(int status, String words, Duration took) {}

    private Ran run(List<String> tests, List<String> properties, String path)
            throws IOException, InterruptedException {
        Path result = Files.createTempFile(folder, "result", ".txt");
        Path log = Files.createTempFile(folder, "log", ".txt");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "-Xmx768m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+EnableDynamicAgentLoading",
                        "--enable-native-access=ALL-UNNAMED"));
        properties.forEach(property -> command.add("-D" + property));
        command.addAll(List.of("-cp", path, ChildTests.class.getName(), result.toString()));
        command.addAll(tests);
        long began = System.nanoTime();
        Process child =
                new ProcessBuilder(command)
                        .directory(module.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            boolean ended = child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
            Duration took = Duration.ofNanos(System.nanoTime() - began);
            return ended
                    ? new Ran(child.exitValue(), Files.readString(result).strip(), took)
                    : new Ran(-1, "it did not end within " + LIMIT, took);
        } finally {
            child.descendants().forEach(ProcessHandle::destroyForcibly);
            child.destroyForcibly();
        }
    }

    private static Comparator<List<String>> byText() {
        return Comparator.comparing(Object::toString);
    }
}
