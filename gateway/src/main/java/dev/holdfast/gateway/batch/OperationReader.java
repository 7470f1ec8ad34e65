package dev.holdfast.gateway.batch;

import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.gateway.server.Filters;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.store.Operations.Act;
import dev.holdfast.store.Operations.Filter;
import dev.holdfast.store.Operations.NewOperation;
import dev.holdfast.store.Viewer;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads {@code {"do", "filter", "dry_run", "per_second"}}, or tells all that is wrong. Pure. */
final class OperationReader {
    /** Fastest rate that can be asked for, a second. */
    static final int MAX_PER_SECOND = 10_000;

    private static final int MAX_TEXT_CHARS = 256;

    private final Map<String, Field> left;
    private final Mistakes mistakes;
    private final String prefix;

    private OperationReader(Map<String, Field> fields, String prefix, Mistakes mistakes) {
        this.left = new LinkedHashMap<>(fields);
        this.prefix = prefix;
        this.mistakes = mistakes;
    }

    /** Null if it cannot be read; a mistake says why. */
    static @Nullable NewOperation read(
            byte[] body, Viewer viewer, ClientNames names, Mistakes mistakes) {
        var top = new OperationReader(JsonFields.read(body, mistakes), "", mistakes);
        Act act = top.choice("do", Act.values(), Act::wire);
        boolean dryRun = top.flag("dry_run");
        Integer rate = top.number("per_second", 1, MAX_PER_SECOND);
        Field filter = top.left.remove("filter");
        top.finish();
        if (act == null && mistakes.isEmpty()) {
            mistakes.add("do", "is missing");
        }
        if (!(filter instanceof Field.Json(String json)) || !json.startsWith("{")) {
            mistakes.add("filter", "is a JSON object; {} chooses all");
            return null;
        }
        var below = new OperationReader(JsonFields.read(json, mistakes), "filter.", mistakes);
        Filter chosen = below.filter(viewer, names);
        below.finish();
        return act == null
                ? null
                : new NewOperation(viewer, act, chosen, dryRun, rate == null ? 0 : rate);
    }

    private Filter filter(Viewer viewer, ClientNames names) {
        Status status = choice("status", Status.values(), Status::wire);
        Failure.Reason reason = choice("reason", Failure.Reason.values(), Failure.Reason::wire);
        String client = text("client");
        Integer number = null;
        if (client != null && !viewer.all()) {
            mistakes.add(prefix + "client", "is for the keys of admin clients");
        } else if (client != null) {
            number = names.number(client);
            if (number == null) {
                mistakes.add(prefix + "client", "is the name of no client");
            }
        }
        return new Filter(
                status == null ? null : status.wire(),
                reason == null ? null : reason.wire(),
                number("upstream_status", 100, 599),
                text("route"),
                text("upstream"),
                text("partition"),
                text("host"),
                number,
                batch(),
                instant("since"),
                instant("until"));
    }

    private @Nullable String text(String name) {
        Field field = left.remove(name);
        if (field == null || field instanceof Field.Unreadable) {
            return null;
        }
        boolean good =
                field instanceof Field.Text(String text)
                        && !text.isEmpty()
                        && text.length() <= MAX_TEXT_CHARS
                        && text.chars().noneMatch(Character::isISOControl);
        if (!good) {
            mistakes.add(prefix + name, "is a string of 1 to " + MAX_TEXT_CHARS + " characters");
        }
        return good && field instanceof Field.Text(String text) ? text : null;
    }

    private <T> @Nullable T choice(String name, T[] choices, Function<T, String> wire) {
        String value = text(name);
        if (value == null) {
            return null;
        }
        for (T choice : choices) {
            if (wire.apply(choice).equals(value)) {
                return choice;
            }
        }
        mistakes.add(
                prefix + name,
                "is one of " + Arrays.stream(choices).map(wire).collect(Collectors.joining(", ")));
        return null;
    }

    private @Nullable Integer number(String name, int least, int most) {
        Field field = left.remove(name);
        if (field == null) {
            return null;
        }
        String digits = field instanceof Field.Numeral(String literal) ? literal : "";
        boolean number =
                !digits.isEmpty()
                        && digits.length() <= 6
                        && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        int value = number ? Integer.parseInt(digits) : 0;
        if (value < least || value > most) {
            mistakes.add(prefix + name, "is a number from " + least + " to " + most);
            return null;
        }
        return value;
    }

    private boolean flag(String name) {
        Field field = left.remove(name);
        boolean is = field instanceof Field.Json(String json) && json.equals("true");
        boolean not =
                field == null || (field instanceof Field.Json(String no) && no.equals("false"));
        if (!is && !not) {
            mistakes.add(prefix + name, "is true or false");
        }
        return is;
    }

    private @Nullable UUID batch() {
        String text = text("batch");
        UUID id = text == null ? null : Filters.uuid(text);
        if (text != null && id == null) {
            mistakes.add(prefix + "batch", "is a batch's id");
        }
        return id;
    }

    private @Nullable Instant instant(String name) {
        String text = text(name);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            mistakes.add(prefix + name, "is a time such as 2026-01-31T12:00:00Z (RFC 3339)");
            return null;
        }
    }

    private void finish() {
        left.keySet().forEach(name -> mistakes.add(prefix + name, "is not known here"));
    }
}
