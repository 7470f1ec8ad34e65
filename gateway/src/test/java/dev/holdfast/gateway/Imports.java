package dev.holdfast.gateway;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files that a page or a module names. */
final class Imports {
    private static final Pattern MODULE =
            Pattern.compile("(?:from|import)\\s*['\"](\\.[^'\"]+\\.js)['\"]");
    private static final Pattern ATTRIBUTE = Pattern.compile("(?:href|src)=\"([^\"#:]+)\"");

    private Imports() {}

    static List<String> of(String path, String text) {
        List<String> found = new ArrayList<>();
        Matcher named = (path.endsWith(".js") ? MODULE : ATTRIBUTE).matcher(text);
        while (named.find()) {
            found.add(URI.create(path).resolve(named.group(1)).getPath());
        }
        return found;
    }
}
