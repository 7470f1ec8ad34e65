package dev.holdfast.outbound;

import dev.holdfast.request.Params;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A text with {@code {param}} placeholders, taken apart once and filled for every call. */
final class Placeholders {
    static final Pattern PARAM = Pattern.compile("\\{([A-Za-z_][A-Za-z0-9_-]*)}");

    private sealed interface Part {
        record Literal(String text) implements Part {}

        record Param(String name) implements Part {}
    }

    private final List<Part> parts;

    private Placeholders(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    static Placeholders parse(String template) {
        return parse(template, UnaryOperator.identity());
    }

    /** As {@link #parse(String)}, the text between placeholders as {@code escape} writes it. */
    static Placeholders parse(String template, UnaryOperator<String> escape) {
        List<Part> parts = new ArrayList<>();
        Matcher matcher = PARAM.matcher(template);
        int from = 0;
        while (matcher.find()) {
            parts.add(new Part.Literal(escape.apply(template.substring(from, matcher.start()))));
            parts.add(new Part.Param(matcher.group(1)));
            from = matcher.end();
        }
        parts.add(new Part.Literal(escape.apply(template.substring(from))));
        return new Placeholders(parts);
    }

    /** The text, each parameter as {@code escape} writes it; null if one of them is absent. */
    @Nullable String fill(Params params, UnaryOperator<String> escape) {
        for (Part part : parts) {
            if (part instanceof Part.Param param && !params.has(param.name())) {
                return null;
            }
        }
        return fillAll(params, escape);
    }

    /** The text, an absent parameter as nothing. */
    String fillAll(Params params, UnaryOperator<String> escape) {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Literal literal -> text.append(literal.text());
                case Part.Param param ->
                        text.append(
                                escape.apply(
                                        Objects.requireNonNullElse(params.text(param.name()), "")));
            }
        }
        return text.toString();
    }
}
