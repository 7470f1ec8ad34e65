package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/data.md tells of each table, column and index, and of nothing that is not there. */
class DataPageTest {
    private static final Path PAGE = Path.of("../docs/data.md");
    private static final Path SOURCES = Path.of("src/main/java/dev/holdfast");
    private static final Path SCRIPTS = Path.of("src/main/resources/dev/holdfast/store");

    private static final Pattern TABLE =
            Pattern.compile("CREATE TABLE (\\w+) \\(\\n(.*?)\\n\\)", Pattern.DOTALL);
    private static final Pattern COLUMN = Pattern.compile("(?m)^ {4}([a-z]\\w*) [A-Z]");
    private static final Pattern INDEX = Pattern.compile("CREATE (?:UNIQUE )?INDEX (\\w+)");
    private static final Pattern QUOTED = Pattern.compile("`([^`\\n]+)`");
    private static final Pattern WORD = Pattern.compile("\\w+");
    private static final Pattern STATEMENT = Pattern.compile("[A-Z]+(_[A-Z]+)*");
    private static final Pattern CLASS = Pattern.compile("[A-Z]\\w*[a-z]\\w*");

    private final String page = read(PAGE);
    private final List<String> scripts =
            List.of(
                    read(SCRIPTS.resolve("sqlite/V1__schema.sql")),
                    read(SCRIPTS.resolve("postgresql/V1__schema.sql")));

    @Test
    void everyTableColumnAndIndexIsThere() {
        Map<String, Set<String>> tables = tables();
        Set<String> wanted = new TreeSet<>(tables.keySet());
        tables.values().forEach(wanted::addAll);
        wanted.addAll(indexes());
        wanted.removeAll(quotedWords());
        assertThat(tables).hasSizeGreaterThan(10);
        assertThat(wanted).as("missing in docs/data.md").isEmpty();
    }

    @Test
    void everyColumnThatIsExplainedIsTheTables() {
        Map<String, Set<String>> tables = tables();
        Set<String> wrong = new TreeSet<>();
        int explained = 0;
        for (String section : page.split("\n### ", -1)) {
            String table = section.lines().findFirst().orElseThrow();
            Set<String> columns = tables.get(table);
            if (columns != null) {
                for (String cell : firstCells(section.split("\n## ", -1)[0])) {
                    explained++;
                    words(cell).filter(name -> !columns.contains(name)).forEach(wrong::add);
                }
            }
        }
        assertThat(explained).isGreaterThan(20);
        assertThat(wrong).as("columns in docs/data.md that no script has").isEmpty();
    }

    @Test
    void everyStatementAndClassThatIsNamedExists() throws IOException {
        StringBuilder statements = new StringBuilder();
        try (Stream<Path> files = Files.walk(SOURCES.resolve("store"))) {
            for (Path file : files.filter(each -> each.toString().endsWith("Sql.java")).toList()) {
                statements.append(read(file));
            }
        }
        Set<String> classes;
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            classes =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith(".java"))
                            .map(name -> name.substring(0, name.length() - ".java".length()))
                            .collect(Collectors.toSet());
        }
        Set<String> sqlWords = Set.of("NULL", "UUID", "BLOB", "BOOLEAN", "WHERE", "CHECK");
        Set<String> unknown = new TreeSet<>();
        for (String name : quotedWords()) {
            if (STATEMENT.matcher(name).matches() && !sqlWords.contains(name)) {
                if (!Pattern.compile("String " + name + " =").matcher(statements).find()) {
                    unknown.add(name);
                }
            } else if (CLASS.matcher(name).matches() && !classes.contains(name)) {
                unknown.add(name);
            }
        }
        assertThat(unknown).as("named in docs/data.md and nowhere else").isEmpty();
    }

    private Map<String, Set<String>> tables() {
        Map<String, Set<String>> tables = new TreeMap<>();
        for (String script : scripts) {
            TABLE.matcher(script)
                    .results()
                    .forEach(
                            table ->
                                    COLUMN.matcher(table.group(2))
                                            .results()
                                            .forEach(
                                                    column ->
                                                            tables.computeIfAbsent(
                                                                            table.group(1),
                                                                            _ -> new TreeSet<>())
                                                                    .add(column.group(1))));
        }
        return tables;
    }

    private Set<String> indexes() {
        return scripts.stream()
                .flatMap(script -> INDEX.matcher(script).results())
                .map(index -> index.group(1))
                .collect(Collectors.toSet());
    }

    private static List<String> firstCells(String section) {
        return section.lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1)[1])
                .toList();
    }

    private Set<String> quotedWords() {
        return QUOTED.matcher(page)
                .results()
                .flatMap(quoted -> words(quoted.group(1)))
                .collect(Collectors.toSet());
    }

    private static Stream<String> words(String text) {
        return WORD.matcher(text).results().map(word -> word.group());
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
