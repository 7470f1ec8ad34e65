package dev.holdfast.gateway.partition;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.outbound.HeaderText;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.request.JsonValue;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code {"quota", "concurrency", "paused", "headers"}}, or tells all that is wrong. Pure.
 */
final class PartitionReader {
    /** Windows that hold at once. */
    static final int MAX_WINDOWS = 8;

    /** What a window allows at most, as in the configuration. */
    static final int MAX_LIMIT = 2_000_000_000;

    /** Calls under way at most, as in the configuration. */
    static final int MAX_CONCURRENCY = 10_000;

    private static final BigDecimal SHORTEST_SECONDS = new BigDecimal("0.001");
    private static final BigDecimal LONGEST_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(366).toSeconds());
    private static final int MAX_DIGITS = 20;
    private static final String CALLS = "calls";
    private static final String HEADERS = "headers";
    private static final JsonFactory JSON = new JsonFactory();

    private final Set<String> units;
    private final Mistakes mistakes;

    private PartitionReader(Set<String> units, Mistakes mistakes) {
        this.units = units;
        this.mistakes = mistakes;
    }

    /**
     * @param units other units than calls that a quota may be in
     */
    static OwnRules read(byte[] body, Set<String> units, Mistakes mistakes) {
        return new PartitionReader(units, mistakes)
                .read(new LinkedHashMap<>(JsonFields.read(body, mistakes)));
    }

    private OwnRules read(Map<String, Field> fields) {
        Field quota = fields.remove("quota");
        SortedMap<String, List<Window>> windows = quota == null ? null : windows(quota);
        Integer concurrency = number("concurrency", fields.remove("concurrency"), MAX_CONCURRENCY);
        boolean paused = flag("paused", fields.remove("paused"));
        OwnHeaders headers = headers(fields.remove("headers"));
        fields.keySet().forEach(name -> mistakes.add(name, "is not known here"));
        if (windows == null) {
            return new OwnRules(null, new TreeMap<>(), concurrency, paused, headers);
        }
        List<Window> calls = windows.remove(CALLS);
        SortedMap<String, Quota> others = new TreeMap<>();
        windows.forEach((unit, its) -> others.put(unit, new Quota(its)));
        return new OwnRules(
                new Quota(calls == null ? List.of() : calls), others, concurrency, paused, headers);
    }

    /** Nothing that is told of what is wrong has any of a value. */
    private OwnHeaders headers(@Nullable Field field) {
        if (field == null) {
            return OwnHeaders.NONE;
        }
        String json = field instanceof Field.Json(String object) ? object : "";
        Map<String, Field> given = json.startsWith("{") ? JsonFields.read(json, mistakes) : null;
        if (given == null || given.size() > OwnHeaders.MAX_HEADERS) {
            mistakes.add(HEADERS, "is an object of at most " + OwnHeaders.MAX_HEADERS + " headers");
            return OwnHeaders.NONE;
        }
        SortedMap<String, String> headers = new TreeMap<>();
        given.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (!HeaderChoice.isSendable(lower)) {
                        mistakes.add(HEADERS, "one of the names cannot be set");
                        return;
                    }
                    String wrong = wrong(value);
                    if (wrong != null) {
                        mistakes.add(HEADERS + "." + lower, wrong);
                    } else if (value instanceof Field.Text(String text)
                            && headers.put(lower, text) != null) {
                        mistakes.add(HEADERS + "." + lower, "is there twice");
                    }
                });
        return new OwnHeaders(headers);
    }

    private static @Nullable String wrong(Field value) {
        if (!(value instanceof Field.Text(String text))
                || text.isBlank()
                || !text.equals(text.strip())
                || text.length() > OwnHeaders.MAX_VALUE_CHARS) {
            return "is a text of 1 to "
                    + OwnHeaders.MAX_VALUE_CHARS
                    + " characters, without blanks around it";
        }
        if (text.equals(PartitionJson.MASK)) {
            return "is not told by a GET: say it anew";
        }
        String wrong = HeaderText.wrong(text);
        return wrong == null ? null : "cannot be sent: " + wrong;
    }

    private @Nullable SortedMap<String, List<Window>> windows(Field quota) {
        List<String> each = quota instanceof Field.Json(String json) ? elements(json) : null;
        if (each == null || each.size() > MAX_WINDOWS) {
            mistakes.add(
                    "quota", "is a list of at most " + MAX_WINDOWS + " windows; [] is no quota");
            return null;
        }
        SortedMap<String, List<Window>> windows = new TreeMap<>();
        for (int i = 0; i < each.size(); i++) {
            window("quota[" + i + "]", each.get(i), windows);
        }
        return windows;
    }

    /** The values of a list, or null if it is none. */
    private static @Nullable List<String> elements(String json) {
        try (JsonParser parser = JSON.createParser(json)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                return null;
            }
            List<String> all = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                all.add(JsonValue.copy(parser));
            }
            return all;
        } catch (IOException e) {
            return null;
        }
    }

    private void window(String at, String json, SortedMap<String, List<Window>> windows) {
        if (!json.startsWith("{")) {
            mistakes.add(at, "is an object of limit, window_seconds and unit");
            return;
        }
        Map<String, Field> fields = new LinkedHashMap<>(JsonFields.read(json, mistakes));
        Integer limit = number(at + ".limit", fields.remove("limit"), MAX_LIMIT);
        Duration length = length(at + ".window_seconds", fields.remove("window_seconds"));
        String unit = unit(at + ".unit", fields.remove("unit"));
        fields.keySet().forEach(name -> mistakes.add(at + "." + name, "is not known here"));
        if (limit == null || length == null) {
            mistakes.add(at, "has a limit and window_seconds");
        } else {
            windows.computeIfAbsent(unit, _ -> new ArrayList<>()).add(new Window(limit, length));
        }
    }

    private String unit(String at, @Nullable Field field) {
        String unit = field == null ? CALLS : field instanceof Field.Text(String text) ? text : "";
        if (!unit.equals(CALLS) && !units.contains(unit)) {
            mistakes.add(at, "is calls, or a unit that a route's calls have a cost in");
        }
        return unit;
    }

    private @Nullable Duration length(String at, @Nullable Field field) {
        if (field instanceof Field.Numeral(String literal) && literal.length() <= MAX_DIGITS) {
            BigDecimal seconds = new BigDecimal(literal);
            if (seconds.compareTo(SHORTEST_SECONDS) >= 0
                    && seconds.compareTo(LONGEST_SECONDS) <= 0) {
                return Duration.ofMillis(seconds.movePointRight(3).longValue());
            }
        }
        mistakes.add(at, "is a number of seconds from 0.001 to " + LONGEST_SECONDS);
        return null;
    }

    private @Nullable Integer number(String at, @Nullable Field field, int most) {
        if (field == null) {
            return null;
        }
        boolean number =
                field instanceof Field.Numeral(String literal) && literal.matches("[1-9]\\d{0,9}");
        long value =
                number && field instanceof Field.Numeral(String literal)
                        ? Long.parseLong(literal)
                        : 0;
        if (value < 1 || value > most) {
            mistakes.add(at, "is a number from 1 to " + most);
            return null;
        }
        return (int) value;
    }

    private boolean flag(String at, @Nullable Field field) {
        String word = field instanceof Field.Json(String json) ? json : "";
        if (field != null && !word.equals("true") && !word.equals("false")) {
            mistakes.add(at, "is true or false");
        }
        return word.equals("true");
    }
}
