package dev.holdfast.flaws;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Reads a list of flaws: entries of {@code key: value} lines with a blank line between; after
 * {@code source:} come the lines to replace, each behind {@code - }, and those in their place,
 * behind {@code + }. Lines that begin with {@code #} are comments.
 */
final class FlawList {
    private static final Pattern PROMISE = Pattern.compile("P[1-7]");

    private final List<Flaw> flaws = new ArrayList<>();
    private final List<Flaw.Edit> edits = new ArrayList<>();
    private final List<String> before = new ArrayList<>();
    private final List<String> after = new ArrayList<>();
    private final List<String> properties = new ArrayList<>();
    private String name = "";
    private String promise = "";
    private String source = "";
    private String test = "";
    private String says = "";

    private FlawList() {}

    /**
     * The flaws in their order.
     *
     * @throws IllegalArgumentException which names the entry that is wrong
     */
    static List<Flaw> read(String text) {
        FlawList list = new FlawList();
        text.lines().forEach(list::line);
        list.endFlaw();
        return List.copyOf(list.flaws);
    }

    private void line(String line) {
        if (line.isBlank()) {
            endFlaw();
        } else if (line.startsWith("-")) {
            before.add(line.substring(1).strip());
        } else if (line.startsWith("+")) {
            after.add(line.substring(1).strip());
        } else if (!line.startsWith("#")) {
            int colon = line.indexOf(": ");
            require(colon > 0, "is no key: value: " + line);
            field(line.substring(0, colon), line.substring(colon + 2).strip());
        }
    }

    private void field(String key, String value) {
        switch (key) {
            case "flaw" -> name = value;
            case "promise" -> promise = value;
            case "source" -> {
                endEdit();
                source = value;
            }
            case "test" -> test = value;
            case "with" -> properties.add(value);
            case "says" -> says = value;
            default -> require(false, "knows no " + key);
        }
    }

    private void endEdit() {
        if (!source.isEmpty()) {
            require(!before.isEmpty(), "replaces nothing in " + source);
            edits.add(new Flaw.Edit(source, String.join("\n", before), String.join("\n", after)));
        }
        source = "";
        before.clear();
        after.clear();
    }

    private void endFlaw() {
        endEdit();
        if (name.isEmpty() && edits.isEmpty()) {
            return;
        }
        require(PROMISE.matcher(promise).matches(), "names no promise");
        require(!edits.isEmpty() && !test.isEmpty(), "changes nothing or has no test");
        require(flaws.stream().noneMatch(flaw -> flaw.name().equals(name)), "is there twice");
        flaws.add(new Flaw(name, promise, edits, test, properties, says));
        edits.clear();
        properties.clear();
        name = "";
        promise = "";
        test = "";
        says = "";
    }

    private void require(boolean right, String what) {
        if (!right) {
            throw new IllegalArgumentException("the flaw \"" + name + "\" " + what);
        }
    }
}
