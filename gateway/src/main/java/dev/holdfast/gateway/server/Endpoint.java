package dev.holdfast.gateway.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpMethod;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A path of the gateway, with what each method does there. */
public final class Endpoint {
    private final String template;
    private final Access access;
    private final Map<HttpMethod, Action> actions;
    private final AnswerTimes times;

    /**
     * @param template its path: {@code {name}} stands for any segment, {@code {+name}} at the end
     *     for all that is below
     * @param registry where its answer times are counted
     */
    public Endpoint(
            String template,
            Access access,
            Map<HttpMethod, Action> actions,
            MeterRegistry registry) {
        this.template = template;
        this.access = access;
        this.actions = Map.copyOf(actions);
        this.times = new AnswerTimes(template, registry);
    }

    /** Who may come in. */
    public enum Access {
        /** Anybody under any name: it tells no more than that something is here. */
        PROBE,
        /** Without a key. */
        ANYBODY,
        /** With any client's key. */
        CLIENT,
        /** With an admin client's key. */
        ADMIN;

        /** Whether only callers with a key come in. */
        boolean byKey() {
            return this == CLIENT || this == ADMIN;
        }
    }

    /** What a method does. */
    @FunctionalInterface
    public interface Action {
        /**
         * Answers, now or later.
         *
         * @param variables the path's, in its order
         */
        void handle(Exchange exchange, List<String> variables);
    }

    public String template() {
        return template;
    }

    Access access() {
        return access;
    }

    /** The action for a method, or null; HEAD is GET without its body. */
    @Nullable Action action(HttpMethod method) {
        Action action = actions.get(method);
        return action == null && method.equals(HttpMethod.HEAD)
                ? actions.get(HttpMethod.GET)
                : action;
    }

    /** What {@code Allow} says. */
    public List<String> allowed() {
        return actions.keySet().stream().map(HttpMethod::name).sorted().toList();
    }

    AnswerTimes times() {
        return times;
    }
}
