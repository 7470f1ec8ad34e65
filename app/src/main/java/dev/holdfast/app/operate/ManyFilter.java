package dev.holdfast.app.operate;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** All that an operation is done to: options of {@code retry} and {@code cancel}. */
final class ManyFilter {
    @Mixin RequestFilter usual = new RequestFilter();

    @Option(
            names = "--upstream-status",
            paramLabel = "N",
            description = "failed with this status of the upstream's")
    @Nullable Integer upstreamStatus;

    @Option(names = "--upstream", paramLabel = "NAME", description = "of this upstream")
    @Nullable String upstream;

    @Option(names = "--host", paramLabel = "HOST", description = "whose webhook goes there")
    @Nullable String host;

    @Option(names = "--batch", paramLabel = "ID", description = "lines of this batch")
    @Nullable String batch;

    /** By the API's names; only what is said. */
    Map<String, Object> said() {
        Map<String, Object> said = new LinkedHashMap<>(usual.said());
        put(said, "upstream_status", upstreamStatus);
        put(said, "upstream", upstream);
        put(said, "host", host);
        put(said, "batch", batch);
        return said;
    }

    private static void put(Map<String, Object> said, String name, @Nullable Object value) {
        if (value != null) {
            said.put(name, value);
        }
    }
}
