package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** ARCHITECTURE.md draws the arrows between packages as the compiled code has them. */
class ArchitecturePictureTest {
    /** Surefire runs in the module's folder. */
    private static final Path DOCUMENT = Path.of("../ARCHITECTURE.md");

    private static final String ROOT = "dev.holdfast.";
    private static final Pattern ARROWS = Pattern.compile("(?s)(?<=\n```arrows\n).*?(?=\n```\n)");
    private static final Pattern DRAWING = Pattern.compile("(?s)```mermaid\nflowchart.*?\n```\n");

    /** By package: those that it knows, in order. */
    private static Map<String, Set<String>> arrows = Map.of();

    @BeforeAll
    static void readTheCode() {
        Map<String, Set<String>> read = new TreeMap<>();
        for (JavaClass each : MainClasses.ALL) {
            Set<String> known = read.computeIfAbsent(name(each), _ -> new TreeSet<>());
            for (Dependency arrow : each.getDirectDependenciesFromSelf()) {
                JavaClass other = arrow.getTargetClass();
                if (other.getPackageName().startsWith(ROOT) && !name(other).equals(name(each))) {
                    known.add(name(other));
                }
            }
        }
        arrows = read;
    }

    @Test
    void everyArrowIsDrawnAndNoOther() throws IOException {
        String page = Files.readString(DOCUMENT);
        Matcher block = ARROWS.matcher(page);
        assertThat(block.find()).as("a block of arrows").isTrue();
        List<String> drawn = block.group().lines().toList();
        List<String> right = drawn(drawn);
        if (Boolean.getBoolean("holdfast.write-docs")) {
            String anew = Matcher.quoteReplacement(String.join("\n", right));
            Files.writeString(DOCUMENT, block.replaceFirst(anew));
            return;
        }

        assertThat(arrows).hasSizeGreaterThan(20).containsKeys("app", "engine", "store.sqlite");
        assertThat(changes(drawn, right)).as("lines of ARCHITECTURE.md to change").isEmpty();
    }

    @Test
    void theDrawingShowsNoArrowThatIsNotThere() throws IOException {
        Matcher drawing = DRAWING.matcher(Files.readString(DOCUMENT));
        assertThat(drawing.find()).as("a drawing").isTrue();
        List<String> wrong = new ArrayList<>();
        int shown = 0;
        for (String line : drawing.group().lines().filter(l -> l.contains("-->")).toList()) {
            String[] ends = line.strip().split(" --> ", -1);
            for (String other : ends[1].split(" & ", -1)) {
                shown++;
                if (!arrows.getOrDefault(ends[0], Set.of()).contains(other)) {
                    wrong.add(ends[0] + " --> " + other);
                }
            }
        }
        assertThat(shown).isGreaterThan(20);
        assertThat(wrong).as("arrows that the code does not have").isEmpty();
    }

    /** The block as it should be, in the order that it has; new packages come last. */
    private static List<String> drawn(List<String> before) {
        List<String> lines = new ArrayList<>();
        Set<String> missing = new TreeSet<>(arrows.keySet());
        for (String line : before) {
            String from = line.split(" ", -1)[0];
            if (line.isBlank()) {
                lines.add(line);
            } else if (missing.remove(from)) {
                lines.add(line(from));
            }
        }
        missing.forEach(from -> lines.add(line(from)));
        return lines;
    }

    private static String line(String from) {
        Set<String> known = arrows.getOrDefault(from, Set.of());
        return known.isEmpty() ? from : from + " -> " + String.join(", ", known);
    }

    private static List<String> changes(List<String> before, List<String> after) {
        return Stream.concat(
                        before.stream().filter(l -> !after.contains(l)).map(l -> "out: " + l),
                        after.stream().filter(l -> !before.contains(l)).map(l -> "in:  " + l))
                .toList();
    }

    private static String name(JavaClass of) {
        return of.getPackageName().substring(ROOT.length());
    }
}
