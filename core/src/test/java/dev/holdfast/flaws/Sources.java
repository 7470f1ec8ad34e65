package dev.holdfast.flaws;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The source files of all modules, found by name: a file may move. */
final class Sources {
    private static final Pattern SPACE = Pattern.compile("\\s+");

    /** What javac writes into whoever uses it. */
    private static final Pattern CONSTANT =
            Pattern.compile("(?m)^    (?:public )?static final (?:String|int|long) ");

    private final List<Path> main;
    private final List<Path> tests;

    private Sources(List<Path> main, List<Path> tests) {
        this.main = main;
        this.tests = tests;
    }

    /**
     * @param module the folder of the module whose tests are run; the others stand beside it
     */
    static Sources of(Path module) {
        List<Path> main = new ArrayList<>();
        try (Stream<Path> beside = Files.list(Objects.requireNonNull(module.getParent()))) {
            for (Path other : beside.sorted().toList()) {
                main.addAll(under(other.resolve("src/main/java")));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Sources(main, under(module.resolve("src/test/java")));
    }

    private static List<Path> under(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A source file with the flaw in it. */
    record Flawed(Path file, String text) {}

    /**
     * The changed files.
     *
     * @throws IllegalArgumentException if the entry is stale: its text does not occur exactly once
     */
    List<Flawed> flawed(Flaw flaw) {
        Map<Path, String> texts = new LinkedHashMap<>();
        for (Flaw.Edit edit : flaw.edits()) {
            Path file = one(main, edit.source(), flaw);
            texts.put(file, changed(flaw, edit, texts.computeIfAbsent(file, Sources::read)));
        }
        return texts.entrySet().stream()
                .map(each -> new Flawed(each.getKey(), each.getValue()))
                .toList();
    }

    private static String changed(Flaw flaw, Flaw.Edit edit, String text) {
        String pattern =
                SPACE.splitAsStream(edit.before())
                        .map(Pattern::quote)
                        .collect(Collectors.joining("\\s+"));
        Matcher found = Pattern.compile(pattern).matcher(text);
        if (!found.find()) {
            throw stale(flaw, "is not in " + edit.source() + " any more", edit);
        }
        String flawed =
                text.substring(0, found.start()) + edit.after() + text.substring(found.end());
        if (found.find()) {
            throw stale(flaw, "is more than once in " + edit.source(), edit);
        }
        return flawed;
    }

    /** Those that have a flawed file's constants in them and are to be compiled anew with it. */
    List<Flawed> users(Flawed flawed) {
        if (!CONSTANT.matcher(flawed.text()).find()) {
            return List.of();
        }
        String file = flawed.file().getFileName().toString();
        Pattern name =
                Pattern.compile(
                        "\\b" + file.substring(0, file.length() - ".java".length()) + "\\b");
        return main.stream()
                .filter(other -> !other.equals(flawed.file()))
                .filter(other -> module(other).equals(module(flawed.file())))
                .map(other -> new Flawed(other, read(other)))
                .filter(other -> name.matcher(other.text()).find())
                .toList();
    }

    private static String module(Path file) {
        String path = file.toString();
        return path.substring(0, path.indexOf("src"));
    }

    private static IllegalArgumentException stale(Flaw flaw, String why, Flaw.Edit edit) {
        return new IllegalArgumentException(
                "the flaw \"" + flaw.name() + "\" is stale: this " + why + ":\n" + edit.before());
    }

    /** The full name of a test's class, with its method if one is named. */
    String test(Flaw flaw) {
        int hash = flaw.test().indexOf('#');
        String name = hash < 0 ? flaw.test() : flaw.test().substring(0, hash);
        String path = one(tests, name, flaw).toString().replace('\\', '/');
        String folder = "src/test/java/";
        String full =
                path.substring(
                                path.indexOf(folder) + folder.length(),
                                path.length() - ".java".length())
                        .replace('/', '.');
        return hash < 0 ? full : full + flaw.test().substring(hash);
    }

    private static Path one(List<Path> files, String name, Flaw flaw) {
        Path end = Path.of(name + ".java");
        List<Path> found = files.stream().filter(file -> file.endsWith(end)).toList();
        if (found.size() != 1) {
            throw new IllegalArgumentException(
                    "the flaw \"" + flaw.name() + "\" is stale: " + name + " is " + found);
        }
        return found.getFirst();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
