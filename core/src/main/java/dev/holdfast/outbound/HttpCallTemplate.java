package dev.holdfast.outbound;

import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How one route calls its upstream and what its answers mean: {@code call}, {@code done-on}, {@code
 * reject-on} and {@code result} in the configuration. All templates may hold {@code {param}}
 * placeholders; each is escaped for the place it stands in.
 *
 * @param method HTTP method
 * @param path appended to the upstream's URL, begins with a slash; a placeholder fills one path
 *     segment
 * @param query templates by name, in order; one whose parameter is absent is left out
 * @param headers templates by name; one whose parameter is absent is left out
 * @param body what is sent
 * @param rules what a status means
 * @param repeatable whether it may be made again when it is not known if it took effect
 * @param shape what the result is expected to look like
 * @param asItCame where an answer is kept as it came; null where it is read as text
 * @param maxBytes largest result, in bytes; one of more than {@link Result#MAX_BODY_BYTES} is kept
 *     in pieces
 * @param costs where an answer says what the call took of other units than calls, by their names
 */
public record HttpCallTemplate(
        String method,
        String path,
        Map<String, String> query,
        Map<String, String> headers,
        CallBody body,
        StatusRules rules,
        boolean repeatable,
        ResultShape shape,
        @Nullable AsItCame asItCame,
        int maxBytes,
        Map<String, CostRule> costs) {
    public HttpCallTemplate {
        if (maxBytes < 1 || maxBytes > Body.MAX_BYTES) {
            throw new IllegalArgumentException("a result has 1 to " + Body.MAX_BYTES + " bytes");
        }
        costs = Map.copyOf(costs);
        query = Collections.unmodifiableMap(new LinkedHashMap<>(query));
        headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }

    /** One whose answers are read as text, at most {@link Result#MAX_BODY_BYTES} of it. */
    public HttpCallTemplate(
            String method,
            String path,
            Map<String, String> query,
            Map<String, String> headers,
            CallBody body,
            StatusRules rules,
            boolean repeatable,
            ResultShape shape) {
        this(
                method,
                path,
                query,
                headers,
                body,
                rules,
                repeatable,
                shape,
                null,
                Result.MAX_BODY_BYTES,
                Map.of());
    }

    /**
     * One that passes requests on as they come: what is sent, the call says.
     *
     * @param repeatable whether it may be made again, also if its method is not safe
     */
    public static HttpCallTemplate passing(
            StatusRules rules, boolean repeatable, ResultShape shape, AsItCame asItCame) {
        return new HttpCallTemplate(
                "GET",
                "/",
                Map.of(),
                Map.of(),
                new CallBody.None(),
                rules,
                repeatable,
                shape,
                asItCame,
                asItCame.maxBytes(),
                Map.of());
    }

    /** The same whose calls cost something. */
    public HttpCallTemplate costing(Map<String, CostRule> rules) {
        return new HttpCallTemplate(
                method,
                path,
                query,
                headers,
                body,
                this.rules,
                repeatable,
                shape,
                asItCame,
                maxBytes,
                rules);
    }

    /** Whether it passes requests on as they come. */
    boolean passes() {
        return asItCame != null && asItCame.passes();
    }

    /** A template that sends only method, path and query, and may be sent again. */
    public static HttpCallTemplate of(
            String method,
            String path,
            Map<String, String> query,
            Set<Integer> doneOn,
            Set<Integer> rejectOn,
            ResultShape shape) {
        return new HttpCallTemplate(
                method,
                path,
                query,
                Map.of(),
                new CallBody.None(),
                new StatusRules(doneOn, rejectOn),
                true,
                shape);
    }

    /** Without the headers' values: they may be secret. */
    @Override
    public String toString() {
        return "HttpCallTemplate[" + method + " " + path + ", headers " + headers.keySet() + "]";
    }
}
