package dev.holdfast.app.command;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.yaml.Units;
import dev.holdfast.quota.Window;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code serve} says at its start: version, configuration, store, upstreams. No secrets. */
final class Announcement {
    private Announcement() {}

    /**
     * @param source where the configuration comes from, for people
     */
    static List<String> lines(String version, String source, Settings settings) {
        var lines = new ArrayList<String>();
        lines.add(version + ", configuration: " + source);
        lines.add("store: " + store(settings.store().url()));
        for (Map.Entry<String, UpstreamSettings> upstream : settings.upstreams().entrySet()) {
            lines.add("upstream " + upstream.getKey() + ": " + upstream(upstream.getValue()));
        }
        return List.copyOf(lines);
    }

    /** Without a user, a password or parameters, which may be secrets. */
    private static String store(String url) {
        return url.replaceFirst("//[^@/]*@", "//").replaceFirst("[?].*", "");
    }

    private static String window(Window window, String unit) {
        return window.limit() + unit + " in " + Units.write(window.length());
    }

    private static String upstream(UpstreamSettings upstream) {
        String quota =
                Stream.concat(
                                upstream.quota().calls().stream().map(w -> window(w, "")),
                                upstream.quota().units().entrySet().stream()
                                        .flatMap(
                                                unit ->
                                                        unit.getValue().stream()
                                                                .map(
                                                                        w ->
                                                                                window(
                                                                                        w,
                                                                                        " "
                                                                                                + unit
                                                                                                        .getKey()))))
                        .collect(Collectors.joining(", "));
        URI url = upstream.url();
        return url.getScheme()
                + "://"
                + url.getRawAuthority().replaceFirst(".*@", "")
                + url.getRawPath()
                + ", calls: "
                + (quota.isEmpty() ? "no quota" : quota);
    }
}
