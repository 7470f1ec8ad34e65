package dev.holdfast.gateway.batch;

import dev.holdfast.engine.Ask;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.http.Problem;
import java.util.List;
import java.util.function.Function;

/** Reads one line of a batch as what it asks. Pure. */
@FunctionalInterface
public interface LineAsks {
    /** Where a line says its route. */
    String ROUTE = "route";

    /** Said of a route that there is none of. */
    String NO_SUCH_ROUTE = "is not one that takes parameters; GET /openapi.yaml lists them";

    /**
     * @param headers values of a header that came with the whole batch, by its name
     * @param line one JSON object, in UTF-8
     */
    Reading read(Caller caller, Function<String, List<String>> headers, byte[] line);

    /** What was made of a line. */
    sealed interface Reading {
        record Right(Ask ask) implements Reading {}

        record Wrong(Problem problem) implements Reading {}
    }
}
