package dev.holdfast.gateway;

import dev.holdfast.engine.Ask;
import dev.holdfast.gateway.batch.LineAsks;
import dev.holdfast.gateway.parts.AskPartition;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a line of a batch, {@code {"route", "params", …}}: its parameters and whatever else an ask
 * may say are read as the route's own door reads them.
 */
final class BatchLines implements LineAsks {
    private static final String PARAMS = "params";

    private final Map<String, AskReader> readers;

    /**
     * @param readers by their routes' paths
     */
    BatchLines(Map<String, AskReader> readers) {
        this.readers = Map.copyOf(readers);
    }

    @Override
    public Reading read(Caller caller, Function<String, List<String>> headers, byte[] line) {
        Mistakes mistakes = new Mistakes();
        Map<String, Field> said = new LinkedHashMap<>(JsonFields.read(line, mistakes));
        AskReader reader = null;
        Field route = said.remove(ROUTE);
        if (route instanceof Field.Text(String path)) {
            reader = readers.get(path);
            if (reader == null) {
                mistakes.add(ROUTE, NO_SUCH_ROUTE);
            }
        } else if (mistakes.isEmpty()) {
            mistakes.add(ROUTE, route == null ? "is missing" : "is a string");
        }
        Map<String, Field> fields = params(said.remove(PARAMS), mistakes);
        extras(said, fields, mistakes);
        if (reader == null) {
            return new Reading.Wrong(mistakes.problem());
        }
        return switch (reader.read(caller, fields, true, null, Duration.ZERO, mistakes)) {
            case AskReader.Reading.Wrong(Problem problem) -> new Reading.Wrong(problem);
            case AskReader.Reading.Right(Ask ask) ->
                    switch (reader.partition().place(ask, headers)) {
                        case AskPartition.Placed.Wrong(Problem problem) ->
                                new Reading.Wrong(problem);
                        case AskPartition.Placed.Right(Ask placed) -> new Reading.Right(placed);
                    };
        };
    }

    private static Map<String, Field> params(@Nullable Field params, Mistakes mistakes) {
        Map<String, Field> fields = new LinkedHashMap<>();
        switch (params) {
            case null -> {
                // A route may have none that has to be there.
            }
            case Field.Json(String json) -> {
                if (json.startsWith("{")) {
                    fields.putAll(JsonFields.read(json, mistakes));
                } else {
                    mistakes.add(PARAMS, "is a JSON object");
                }
            }
            default -> mistakes.add(PARAMS, "is a JSON object");
        }
        for (String name : fields.keySet()) {
            if (ExtraField.named(name) != null) {
                mistakes.add(name, "is said beside params, not in them");
            }
        }
        return fields;
    }

    private static void extras(
            Map<String, Field> said, Map<String, Field> fields, Mistakes mistakes) {
        said.forEach(
                (name, value) -> {
                    if (ExtraField.named(name) == null) {
                        mistakes.add(
                                name,
                                "is not known; the route's own parameters are said in params");
                    } else {
                        fields.put(name, value);
                    }
                });
    }
}
