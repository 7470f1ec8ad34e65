package dev.holdfast.gateway;

import dev.holdfast.engine.Ask;
import dev.holdfast.gateway.parts.AskPartition;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.ParamType;
import dev.holdfast.http.Problem;
import dev.holdfast.request.JsonValue;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Priority;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes an {@link Ask} of the fields that a caller sent, or tells it all that is wrong. Pure. */
final class AskReader {
    /** Longest {@code client_request_id}, in characters. */
    static final int MAX_REFERENCE_CHARS = 256;

    /** Longest {@code Idempotency-Key}, in characters. */
    static final int MAX_IDEMPOTENCY_CHARS = 255;

    /** Longest {@code expires_in}. */
    static final Duration MAX_EXPIRY = Duration.ofDays(366);

    private static final int MAX_EXPIRY_DIGITS = 9;

    private final RouteDoor door;
    private final WebhookUrls webhookUrls;
    private final Authenticator authenticator;
    private final String known;
    private final InstantSource wall;

    /**
     * @param wall what times from now are reckoned by
     */
    AskReader(
            RouteDoor door,
            WebhookUrls webhookUrls,
            Authenticator authenticator,
            InstantSource wall) {
        this.wall = wall;
        this.door = door;
        this.webhookUrls = webhookUrls;
        this.authenticator = authenticator;
        this.known =
                door.params().stream().map(RouteDoor.Param::name).collect(Collectors.joining(", "));
    }

    /** Finds out whose an ask is. */
    AskPartition partition() {
        return new AskPartition(door.policy().partition(), authenticator::names);
    }

    /** What was made of an ask. */
    sealed interface Reading {
        record Right(Ask ask) implements Reading {}

        record Wrong(Problem problem) implements Reading {}
    }

    /**
     * Reads an ask.
     *
     * @param typed whether the fields' types are what their values are, as in JSON, or what the
     *     route's parameters want, as in a query or form
     * @param idempotencyKey the header, or null
     * @param mistakes what was found wrong with the fields' encoding
     */
    Reading read(
            Caller caller,
            Map<String, Field> fields,
            boolean typed,
            @Nullable String idempotencyKey,
            Duration patience,
            Mistakes mistakes) {
        Draft draft = new Draft();
        // Of a body that could not be read at all, nothing is missing.
        boolean readable = mistakes.isEmpty() || !fields.isEmpty();
        for (Map.Entry<String, Field> field : fields.entrySet()) {
            take(field.getKey(), field.getValue(), typed, draft, mistakes);
        }
        for (RouteDoor.Param param : door.params()) {
            if (readable && param.required() && !fields.containsKey(param.name())) {
                mistakes.add(param.name(), "is missing");
            }
        }
        String key = idempotencyKey == null ? null : idempotencyKey(idempotencyKey, mistakes);
        if (draft.webhookHeaders != null && draft.webhookUrl == null) {
            mistakes.add(ExtraField.WEBHOOK_HEADERS.wire(), "says nothing without webhook_url");
        }
        if (!mistakes.isEmpty()) {
            return new Reading.Wrong(mistakes.problem());
        }
        URI webhookUrl = null;
        if (draft.webhookUrl != null) {
            switch (webhookUrls.check(draft.webhookUrl)) {
                case WebhookUrls.Verdict.Allowed(URI url) -> webhookUrl = url;
                case WebhookUrls.Verdict.Forbidden(String words) -> {
                    return new Reading.Wrong(
                            new Problem.Plain(Problem.Kind.WEBHOOK_URL_FORBIDDEN, words));
                }
            }
        }
        return new Reading.Right(ask(caller, draft, webhookUrl, key, patience));
    }

    /** What has been read so far. */
    private static final class Draft {
        final SortedMap<String, String> params = new TreeMap<>();
        final SortedMap<String, String> values = new TreeMap<>();
        @Nullable String webhookUrl;
        @Nullable Map<String, String> webhookHeaders;
        @Nullable String reference;
        @Nullable Duration expiresIn;
        @Nullable Priority priority;
        @Nullable NotBefore notBefore;
    }

    private Ask ask(
            Caller caller,
            Draft draft,
            @Nullable URI webhookUrl,
            @Nullable String key,
            Duration patience) {
        boolean plain =
                webhookUrl == null
                        && key == null
                        && draft.reference == null
                        && draft.expiresIn == null
                        && draft.priority == null
                        && draft.notBefore == null;
        Map<String, String> headers =
                draft.webhookHeaders == null ? Map.of() : draft.webhookHeaders;
        Ask.Extras extras =
                plain
                        ? Ask.NO_EXTRAS
                        : new Ask.Extras(
                                webhookUrl == null ? null : new Ask.Webhook(webhookUrl, headers),
                                draft.reference,
                                draft.expiresIn,
                                key,
                                draft.priority == null ? Priority.NORMAL : draft.priority,
                                draft.notBefore);
        return new Ask(
                caller.client(),
                caller.maxPending(),
                caller.weight(),
                door.path(),
                draft.params,
                draft.values,
                patience,
                null,
                extras,
                null,
                null);
    }

    private void take(String name, Field value, boolean typed, Draft draft, Mistakes mistakes) {
        RouteDoor.Param param = door.param(name).orElse(null);
        if (param != null) {
            takeParam(param, value, typed, draft, mistakes);
            return;
        }
        ExtraField extra = ExtraField.named(name);
        if (extra == null) {
            mistakes.add(name, "is not known; this route takes " + known);
        } else {
            takeExtra(extra, name, value, draft, mistakes);
        }
    }

    private static void takeParam(
            RouteDoor.Param param, Field field, boolean typed, Draft draft, Mistakes mistakes) {
        switch (param.type().read(field, typed)) {
            case null -> {
                // It was reported when it was read.
            }
            case ParamType.Read.Wrong(String why) -> mistakes.add(param.name(), why);
            case ParamType.Read.Text(String text) -> {
                if (text.isEmpty() && param.required()) {
                    mistakes.add(param.name(), "is empty");
                } else if (fits(param, text, mistakes)) {
                    draft.params.put(param.name(), text);
                }
            }
            case ParamType.Read.Json(String value) -> {
                if (fits(param, value, mistakes)) {
                    draft.values.put(param.name(), value);
                }
            }
        }
    }

    private static boolean fits(RouteDoor.Param param, String text, Mistakes mistakes) {
        String wrong = param.wrong(text);
        if (wrong != null) {
            mistakes.add(param.name(), wrong);
        } else if (isOver(text, param.maxBytes())) {
            mistakes.oversized(param.name(), "has at most " + param.maxBytes() + " bytes in UTF-8");
            return false;
        }
        return wrong == null;
    }

    private void takeExtra(
            ExtraField extra, String name, Field value, Draft draft, Mistakes mistakes) {
        boolean again =
                switch (extra) {
                    case WEBHOOK_URL -> draft.webhookUrl != null;
                    case WEBHOOK_HEADERS -> draft.webhookHeaders != null;
                    case CLIENT_REQUEST_ID -> draft.reference != null;
                    case EXPIRES_IN -> draft.expiresIn != null;
                    case PRIORITY -> draft.priority != null;
                    case NOT_BEFORE -> draft.notBefore != null;
                };
        if (again) {
            mistakes.add(
                    name,
                    "says again what " + extra.wire() + " or another name of it says: say it once");
            return;
        }
        switch (extra) {
            case WEBHOOK_URL -> draft.webhookUrl = text(name, value, mistakes);
            case WEBHOOK_HEADERS -> draft.webhookHeaders = webhookHeaders(value, mistakes);
            case CLIENT_REQUEST_ID -> draft.reference = reference(name, value, mistakes);
            case EXPIRES_IN -> draft.expiresIn = expiry(name, value, mistakes);
            case PRIORITY -> draft.priority = priority(name, value, mistakes);
            case NOT_BEFORE -> draft.notBefore = notBefore(name, value, wall.instant(), mistakes);
        }
    }

    private static @Nullable String text(String name, Field value, Mistakes mistakes) {
        return switch (value) {
            case Field.Text(String text) -> text;
            case Field.Numeral _ -> {
                mistakes.add(name, "is a string, not a number");
                yield null;
            }
            case Field.Json(String json) -> {
                mistakes.add(name, "is a string, not " + JsonValue.kind(json).words());
                yield null;
            }
            case Field.Unreadable() -> null;
        };
    }

    private Map<String, String> webhookHeaders(Field value, Mistakes mistakes) {
        Map<String, String> headers =
                switch (value) {
                    case Field.Json(String json) -> JsonFields.table(json);
                    case Field.Text(String text) -> JsonFields.table(text);
                    default -> null;
                };
        if (headers == null) {
            mistakes.add(ExtraField.WEBHOOK_HEADERS.wire(), "is a JSON object of strings");
            return Map.of();
        }
        return WebhookHeaders.check(headers, authenticator::isKey, mistakes);
    }

    private static @Nullable String reference(String name, Field value, Mistakes mistakes) {
        String text = text(name, value, mistakes);
        if (text != null && !isReference(text)) {
            mistakes.add(
                    name, "has 1 to " + MAX_REFERENCE_CHARS + " characters, none of them control");
        }
        return text;
    }

    static boolean isReference(String text) {
        return !text.isEmpty()
                && text.length() <= MAX_REFERENCE_CHARS
                && text.chars().noneMatch(Character::isISOControl);
    }

    static @Nullable Duration expiry(String name, Field value, Mistakes mistakes) {
        String digits =
                switch (value) {
                    case Field.Numeral(String literal) -> literal;
                    case Field.Text(String text) -> text;
                    default -> "";
                };
        boolean number =
                !digits.isEmpty()
                        && digits.length() <= MAX_EXPIRY_DIGITS
                        && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        long seconds = number ? Long.parseLong(digits) : 0;
        if (seconds < 1 || seconds > MAX_EXPIRY.toSeconds()) {
            mistakes.add(name, "is whole seconds from 1 to " + MAX_EXPIRY.toSeconds());
        }
        return Duration.ofSeconds(seconds);
    }

    static @Nullable NotBefore notBefore(String name, Field value, Instant now, Mistakes mistakes) {
        String text =
                switch (value) {
                    case Field.Numeral(String literal) -> literal;
                    case Field.Text(String said) -> said;
                    default -> "";
                };
        NotBefore notBefore = NotBefore.read(text, now);
        if (notBefore == null) {
            mistakes.add(name, NotBefore.WORDS);
        }
        return notBefore;
    }

    static @Nullable Priority priority(String name, Field value, Mistakes mistakes) {
        Priority priority = value instanceof Field.Text(String text) ? Priority.of(text) : null;
        if (priority == null) {
            mistakes.add(
                    name,
                    "is one of "
                            + Priority.ALL.stream()
                                    .map(Priority::wire)
                                    .collect(Collectors.joining(", ")));
        }
        return priority;
    }

    /** The key; its quotes, if it comes as a structured field's string, are not part of it. */
    static @Nullable String idempotencyKey(String header, Mistakes mistakes) {
        String key = header.strip();
        if (key.length() >= 2 && key.startsWith("\"") && key.endsWith("\"")) {
            key = key.substring(1, key.length() - 1);
        }
        boolean right =
                !key.isEmpty()
                        && key.length() <= MAX_IDEMPOTENCY_CHARS
                        && key.chars().allMatch(c -> c > ' ' && c < 0x7f);
        if (!right) {
            mistakes.add(
                    "Idempotency-Key",
                    "has 1 to " + MAX_IDEMPOTENCY_CHARS + " printable ASCII characters");
        }
        return key;
    }

    private static boolean isOver(String text, int maxBytes) {
        // A char is at most three bytes: only long texts have to be measured.
        return text.length() > maxBytes
                || (text.length() > maxBytes / 3
                        && text.getBytes(StandardCharsets.UTF_8).length > maxBytes);
    }
}
