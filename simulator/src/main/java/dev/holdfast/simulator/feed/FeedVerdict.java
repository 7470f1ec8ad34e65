package dev.holdfast.simulator.feed;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * How a client of the trade feed has done.
 *
 * @param problems what it did wrong, in words; none = it passed
 * @param figures counts and latencies
 */
public record FeedVerdict(List<String> problems, JsonObject figures) {
    public FeedVerdict {
        problems = List.copyOf(problems);
        figures = figures.copy();
    }

    /** Whether it did all that was asked. */
    public boolean passed() {
        return problems.isEmpty();
    }

    /** One line of JSON. */
    public String json() {
        return figures.copy()
                .put("passed", passed())
                .put("problems", new JsonArray(problems))
                .encode();
    }

    /** A table for people. */
    public String table() {
        var table = new StringBuilder();
        figures.forEach(
                figure ->
                        table.append(
                                "  %-28s %s%n"
                                        .formatted(
                                                figure.getKey().replace('_', ' '),
                                                figure.getValue())));
        problems.forEach(problem -> table.append("  ! ").append(problem).append('\n'));
        return table.append(passed() ? "PASSED" : "FAILED").append('\n').toString();
    }
}
