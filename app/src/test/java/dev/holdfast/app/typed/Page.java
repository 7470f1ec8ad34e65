package dev.holdfast.app.typed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A document, and the blocks of it that are typed into a shell. */
record Page(String name, String text) {
    /** Surefire runs in the module's folder. */
    private static final Path ROOT = Path.of("..");

    /** A fenced block without a file's name: those that have one are files, not what is typed. */
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");

    static Page of(String name) throws IOException {
        return new Page(name, Files.readString(ROOT.resolve(name)));
    }

    static List<Page> all() throws IOException {
        List<Page> pages = new ArrayList<>();
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            List<String> names =
                    Stream.concat(
                                    Stream.of("README.md", "SECURITY.md", "CONTRIBUTING.md"),
                                    files.filter(file -> file.toString().endsWith(".md"))
                                            .map(file -> ROOT.relativize(file).toString()))
                            .toList();
            for (String name : names) {
                pages.add(of(name));
            }
        }
        return pages;
    }

    /** Its blocks of this language. */
    List<String> blocks(String language) {
        List<String> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            if (block.group(1).equals(language)) {
                blocks.add(block.group(2));
            }
        }
        return blocks;
    }

    /** What one types of each block: without the prompt, where it shows one. */
    List<String> typed() {
        return Stream.concat(
                        blocks("sh").stream(),
                        blocks("console").stream().map(block -> block.replaceAll("(?m)^\\$ ", "")))
                .toList();
    }

    /** The one block that has these words. */
    String typed(String words) {
        List<String> found = typed().stream().filter(one -> one.contains(words)).toList();
        if (found.size() != 1) {
            throw new AssertionError(found.size() + " blocks of " + name + " have: " + words);
        }
        return found.getFirst();
    }
}
