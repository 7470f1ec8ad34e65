package dev.holdfast.gateway.parts;

import dev.holdfast.engine.Ask;
import dev.holdfast.gateway.server.ClientNames;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.request.PartitionBy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whose an ask is, where the route's upstream has partitions.
 *
 * @param by null where it has none
 * @param names what clients are called
 */
public record AskPartition(@Nullable PartitionBy by, Supplier<ClientNames> names) {
    /** Whether asks have a partition. */
    public boolean isThere() {
        return by != null;
    }

    /**
     * Whose an ask is.
     *
     * @param headers the values that came with it, by a header's name
     * @param params values by their names
     * @param mistakes told what is wrong
     * @return null if it is nobody's, or something is wrong
     */
    public @Nullable String key(
            int client,
            Function<String, List<String>> headers,
            Map<String, String> params,
            Mistakes mistakes) {
        if (by == null) {
            return null;
        }
        PartitionBy.Reading reading =
                by.read(
                        new PartitionBy.Asked() {
                            @Override
                            public String client() {
                                return names.get().of(client);
                            }

                            @Override
                            public @Nullable String header(String name) {
                                List<String> values = headers.apply(name);
                                return values.isEmpty() ? null : String.join(", ", values);
                            }

                            @Override
                            public @Nullable String param(String name) {
                                return params.get(name);
                            }
                        });
        return switch (reading) {
            case PartitionBy.Reading.Key(String key) -> key;
            case PartitionBy.Reading.Wrong(String field, String words) -> {
                mistakes.add(field, words);
                yield null;
            }
        };
    }

    /** An ask in its partition, or the problem that keeps it from being anybody's. */
    public Placed place(Ask ask, Function<String, List<String>> headers) {
        if (by == null) {
            return new Placed.Right(ask);
        }
        Mistakes mistakes = new Mistakes();
        String key =
                key(
                        ask.client(),
                        headers,
                        ask.values().isEmpty() ? ask.params() : all(ask),
                        mistakes);
        return key == null ? new Placed.Wrong(mistakes.problem()) : new Placed.Right(ask.in(key));
    }

    private static Map<String, String> all(Ask ask) {
        Map<String, String> all = new HashMap<>(ask.values());
        all.putAll(ask.params());
        return all;
    }

    /** What was made of an ask. */
    public sealed interface Placed {
        record Right(Ask ask) implements Placed {}

        record Wrong(Problem problem) implements Placed {}
    }
}
