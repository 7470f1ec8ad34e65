package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.app.yaml.Units;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A {@code quota} list, all of whose windows hold at once.
 *
 * @param calls windows that count calls
 * @param units windows that count something else, by its name
 */
public record QuotaSettings(List<Window> calls, SortedMap<String, List<Window>> units) {
    private static final Pattern UNIT = Pattern.compile("[a-z][a-z0-9_-]{0,31}");
    private static final String CALLS = "calls";
    private static final int MAX_WINDOWS = 8;
    private static final int MAX_LIMIT = 2_000_000_000;
    private static final Duration SHORTEST_WINDOW = Duration.ofMillis(1);
    private static final Duration LONGEST_WINDOW = Duration.ofDays(366);

    public QuotaSettings {
        calls = List.copyOf(calls);
        units = Collections.unmodifiableSortedMap(new TreeMap<>(units));
    }

    /** One that counts nothing but calls. */
    public QuotaSettings(List<Window> calls) {
        this(calls, Collections.emptySortedMap());
    }

    /** The windows of each other unit than calls, as the arithmetic takes them. */
    public SortedMap<String, Quota> byUnit() {
        SortedMap<String, Quota> quotas = new TreeMap<>();
        units.forEach((unit, windows) -> quotas.put(unit, new Quota(windows)));
        return quotas;
    }

    static QuotaSettings read(Section s) {
        List<Window> calls = new ArrayList<>();
        SortedMap<String, List<Window>> units = new TreeMap<>();
        List<Section> windows = s.list("quota");
        for (Section window : windows) {
            String unit =
                    window.field(
                                    "unit",
                                    "what is counted; what a call takes of it, `cost` of its route says")
                            .orElse(CALLS)
                            .one("name", QuotaSettings::unit, CALLS);
            Window one = window(window, ", or how much of its `unit`");
            (unit.equals(CALLS) ? calls : units.computeIfAbsent(unit, _ -> new ArrayList<>()))
                    .add(one);
        }
        checkCount(s, windows);
        return new QuotaSettings(calls, units);
    }

    /** One that may count nothing but calls. */
    static List<Window> readCalls(Section s) {
        List<Section> windows = s.list("quota");
        checkCount(s, windows);
        return windows.stream().map(window -> window(window, "")).toList();
    }

    private static void checkCount(Section s, List<Section> windows) {
        if (windows.size() > MAX_WINDOWS) {
            s.mistake("quota", "has more than " + MAX_WINDOWS + " windows");
        }
    }

    private static Window window(Section s, String orUnit) {
        return new Window(
                s.field("limit", "calls that may arrive in any `window`" + orUnit)
                        .required()
                        .integer(1, MAX_LIMIT),
                s.field(
                                "window",
                                "length of the sliding window; for a plan by calendar months 31d,"
                                        + " the longest of them")
                        .required()
                        .one(
                                "duration, 1ms to " + Units.write(LONGEST_WINDOW),
                                QuotaSettings::length,
                                SHORTEST_WINDOW));
    }

    static String unit(String text) {
        if (!UNIT.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "is 1 to 32 small letters, digits, `_`, `-`, and begins with a letter");
        }
        return text;
    }

    private static Duration length(String text) {
        if (text.equalsIgnoreCase("month")) {
            throw new IllegalArgumentException(
                    "write 31d: no calendar month is longer, so none gets more than `limit`,"
                            + " whatever its time zone and whoever's clock is right");
        }
        return Units.duration(text, SHORTEST_WINDOW, LONGEST_WINDOW);
    }
}
