package dev.holdfast.bench.kit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** One measurement with its targets. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
public abstract class Benchmark implements Callable<Integer> {
    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "adds a line of JSON with all figures to FILE")
    @Nullable Path json;

    public @Spec @Nullable CommandSpec spec;

    @Override
    public final Integer call() throws IOException {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        Report report = new Report(spec.name(), System.out);
        try {
            measure(report);
        } catch (Exception e) {
            report.failed(e);
        }
        return report.end(json);
    }

    /** Measures, bounded in time, and tells the report. */
    public abstract void measure(Report report) throws Exception;
}
