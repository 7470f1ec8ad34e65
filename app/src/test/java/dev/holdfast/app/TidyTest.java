package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tree itself: rooms that can be taken in at a glance, and references that lead somewhere. */
class TidyTest {
    /** Surefire runs in the module's folder. */
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    /** Files in a package at most, its package-info among them. */
    private static final int MOST_FILES = 30;

    /** Packages that were larger when the bound was set, and how large. It only gets shorter. */
    private static final Map<String, Integer> LARGER = Map.of();

    /** Simple names that more than one class of the program has. It only gets shorter. */
    private static final Set<String> SHARED =
            Set.of("Authority", "Exchange", "Failure", "Field", "Main", "Mistake");

    /** Built, fetched or not ours. */
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules", ".git", ".m2");

    private static final Set<String> TEXTS =
            Set.of("java", "md", "xml", "yaml", "yml", "js", "mjs", "sh", "sql", "txt");

    private static final Pattern DOCUMENT =
            Pattern.compile("(?<![\\w./-])((?:\\.\\./|[\\w-]+/)*[\\w-]+\\.md)\\b");

    private static final Pattern LINK =
            Pattern.compile("]\\((?![a-z]+:|#|/)([^)\\s#]+)(?:#[^)]*)?\\)");

    /** One that is used where it is made, and kept by nobody. */
    private static final Pattern UNHELD_CLIENT =
            Pattern.compile(
                    "create(?:Net|Http|WebSocket)Client\\((?:[^()]|\\((?:[^()]|\\([^()]*\\))*\\))*\\)\\s*\\.");

    private static final Pattern DECISION = Pattern.compile("\\b[dD]ecision (\\d+)");

    private final List<Path> files = files();

    @Test
    void aRoomHasThirtyFilesAtMost() {
        Map<String, Integer> large = new TreeMap<>();
        rooms().forEach(
                        (room, sources) -> {
                            int size = sources.size();
                            if (size > MOST_FILES) {
                                large.put(room, size);
                            }
                        });
        assertThat(large).as("packages over %s files", MOST_FILES).isEqualTo(LARGER);
    }

    @Test
    void aClassHasItsNameForItself() {
        Set<String> once = new TreeSet<>();
        Set<String> twice = new TreeSet<>();
        for (String name : named(mainSources())) {
            if (!once.add(name)) {
                twice.add(name);
            }
        }
        assertThat(twice).as("names of more than one class").isEqualTo(new TreeSet<>(SHARED));
    }

    @Test
    void everyRoomSaysWhatItIs() {
        List<String> silent = new ArrayList<>();
        rooms().forEach(
                        (room, sources) -> {
                            String info =
                                    sources.stream()
                                            .filter(file -> file.endsWith("package-info.java"))
                                            .map(TidyTest::read)
                                            .findAny()
                                            .orElse("");
                            boolean measurement = room.split("\\.", -1)[0].equals("bench");
                            boolean marked = measurement || info.contains("@NullMarked");
                            if (!info.startsWith("/**") || !marked) {
                                silent.add(room);
                            }
                        });
        assertThat(silent).as("packages without a package-info that says it").isEmpty();
    }

    /**
     * Vert.x closes a client that nobody holds, with its connections, whenever memory is collected.
     */
    @Test
    void whoeverMakesAClientHoldsIt() {
        assertThat("vertx.createNetClient(a.b(c()))\n    .connect(1)")
                .containsPattern(UNHELD_CLIENT);
        Set<String> unheld = new TreeSet<>();
        for (Path file : files) {
            if (file.toString().endsWith(".java") && UNHELD_CLIENT.matcher(read(file)).find()) {
                unheld.add(ROOT.relativize(file).toString());
            }
        }
        unheld.remove("app/src/test/java/dev/holdfast/app/TidyTest.java");
        assertThat(unheld).as("clients that nobody holds").isEmpty();
    }

    @Test
    void everyDocumentThatIsNamedExists() {
        Set<String> lost = new TreeSet<>();
        int named = 0;
        for (Path file : files) {
            for (String document : found(DOCUMENT, file)) {
                named++;
                boolean there =
                        Files.exists(file.resolveSibling(document))
                                || Files.exists(ROOT.resolve(document))
                                || Files.exists(ROOT.resolve("docs").resolve(document))
                                || Files.exists(ROOT.resolve("app").resolve(document));
                if (!there) {
                    lost.add(ROOT.relativize(file) + " names " + document);
                }
            }
        }
        assertThat(named).isGreaterThan(100);
        assertThat(lost).as("documents that are not in the repository").isEmpty();
    }

    @Test
    void everyLinkOfADocumentLeadsSomewhere() {
        Set<String> lost = new TreeSet<>();
        int links = 0;
        for (Path file : files) {
            if (file.toString().endsWith(".md")) {
                for (String link : found(LINK, file)) {
                    links++;
                    if (!Files.exists(file.resolveSibling(link))) {
                        lost.add(ROOT.relativize(file) + " links " + link);
                    }
                }
            }
        }
        assertThat(links).isGreaterThan(50);
        assertThat(lost).as("links to nothing").isEmpty();
    }

    @Test
    void everyDecisionThatIsCitedIsThere() throws IOException {
        Set<Integer> taken;
        try (Stream<Path> records = Files.list(ROOT.resolve("docs/decisions"))) {
            taken =
                    records.map(record -> record.getFileName().toString().substring(0, 4))
                            .map(Integer::valueOf)
                            .collect(Collectors.toSet());
        }
        Set<String> lost = new TreeSet<>();
        for (Path file : files) {
            for (String number : found(DECISION, file)) {
                if (!taken.contains(Integer.valueOf(number))) {
                    lost.add(ROOT.relativize(file) + " cites decision " + number);
                }
            }
        }
        assertThat(taken).hasSizeGreaterThan(20);
        assertThat(lost).as("decisions that have no record").isEmpty();
    }

    @Test
    void thePictureOfStatesHasThemAll() {
        String picture = read(ROOT.resolve("docs/states.md"));
        for (Status status : Status.values()) {
            String arrow = status.isFinal() ? status.wire() + " --> [*]" : status.wire() + " --> ";
            assertThat(picture).contains("--> " + status.wire() + ":").contains(arrow);
        }
    }

    /** Sources by package, named below dev.holdfast. */
    private Map<String, List<Path>> rooms() {
        Map<String, List<Path>> rooms =
                mainSources().stream()
                        .collect(
                                Collectors.groupingBy(
                                        TidyTest::room, TreeMap::new, Collectors.toList()));
        assertThat(rooms).hasSizeGreaterThan(30).containsKeys("engine", "bench.kit", "http");
        return rooms;
    }

    private List<Path> mainSources() {
        return files.stream()
                .filter(file -> file.toString().contains("/src/main/java/dev/holdfast/"))
                .filter(file -> file.toString().endsWith(".java"))
                .toList();
    }

    private static String room(Path source) {
        String folder = source.getParent().toString();
        String below = "/src/main/java/dev/holdfast/";
        return folder.substring(folder.indexOf(below) + below.length()).replace('/', '.');
    }

    /** Simple names of classes, package-info left out. */
    private static List<String> named(List<Path> sources) {
        return sources.stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .filter(name -> !name.equals("package-info"))
                .toList();
    }

    private static List<String> found(Pattern pattern, Path file) {
        return pattern.matcher(read(file)).results().map(hit -> hit.group(1)).toList();
    }

    private static List<Path> files() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(
                    ROOT,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path folder, BasicFileAttributes attributes) {
                            return NOT_OURS.contains(folder.getFileName().toString())
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            String name = file.getFileName().toString();
                            if (TEXTS.contains(name.substring(name.lastIndexOf('.') + 1))) {
                                files.add(file);
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
