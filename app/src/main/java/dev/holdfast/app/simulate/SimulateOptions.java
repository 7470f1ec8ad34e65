package dev.holdfast.app.simulate;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import dev.holdfast.app.yaml.DurationConverter;
import dev.holdfast.simulator.door.Fault;
import dev.holdfast.simulator.door.LineFile;
import dev.holdfast.simulator.door.Listen;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that several simulators share. */
final class SimulateOptions {
    private SimulateOptions() {}

    /** Where to listen and where to log. */
    static final class Place {
        @Option(
                names = "--host",
                defaultValue = "127.0.0.1",
                description = "address to listen on (default: ${DEFAULT-VALUE})")
        String host = "127.0.0.1";

        @Option(
                names = "--log",
                description = "append the JSON line of each call to this file, not to stdout")
        @Nullable Path log;

        @Option(names = "--quiet", description = "no line for each call")
        boolean quiet;

        Listen listen(int port) {
            try {
                return new Listen(host, port);
            } catch (IllegalArgumentException e) {
                throw Failure.usage("holdfast: " + e.getMessage());
            }
        }

        /** A simulator goes on without its log, but not without a word. */
        private static Consumer<String> toFile(Path log) {
            try {
                var file = new LineFile(log);
                var lost = new AtomicBoolean();
                return line -> {
                    try {
                        file.accept(line);
                    } catch (UncheckedIOException e) {
                        if (lost.compareAndSet(false, true)) {
                            System.err.println("holdfast: " + log + " cannot be written any more");
                        }
                    }
                };
            } catch (IOException e) {
                throw Failure.failed(cannotWrite(log, e));
            }
        }

        private static String cannotWrite(Path log, IOException e) {
            return "holdfast: cannot write " + log + ": " + FileTrouble.words(e);
        }

        @Nullable Consumer<String> lines(PrintWriter out) {
            if (log != null) {
                return toFile(log);
            }
            return quiet
                    ? null
                    : line -> {
                        out.println(line);
                        out.flush();
                    };
        }
    }

    /** What is broken from the start; {@code POST /_control} changes it at run time. */
    static final class Broken {
        private static final List<Fault.Mode> SAID =
                List.of(Fault.Mode.STATUS, Fault.Mode.HTML, Fault.Mode.REDIRECT);

        @Option(
                names = "--fault",
                defaultValue = "NONE",
                description =
                        "what is broken from the start: ${COMPLETION-CANDIDATES}; to change it at"
                                + " run time POST to /_control a JSON object with \"mode\", \"status\","
                                + " \"delay_ms\", \"retry_after\", \"first\" and \"for_ms\"")
        Fault.Mode mode = Fault.Mode.NONE;

        @Option(
                names = "--fault-status",
                defaultValue = "0",
                description =
                        "the status of the faults STATUS, HTML and REDIRECT (usual: 503, 502, 302)")
        int status;

        @Option(
                names = "--fault-retry-after",
                description = "seconds of Retry-After that the fault STATUS sends along")
        @Nullable Integer retryAfter;

        @Option(
                names = "--fault-first",
                defaultValue = "0",
                description =
                        "spoil only the first so many calls for the same message or webhook"
                                + " (0 = all)")
        int first;

        @Option(
                names = "--fault-delay",
                defaultValue = "10s",
                converter = DurationConverter.class,
                description = "how long a SLOW answer takes (default: ${DEFAULT-VALUE})")
        Duration delay = Duration.ofSeconds(10);

        @Option(
                names = "--fault-for",
                defaultValue = "0",
                converter = DurationConverter.class,
                description = "how long the fault lasts (0 = until another is set)")
        Duration lasting = Duration.ZERO;

        Fault fault() {
            if (mode == Fault.Mode.REFUSE && lasting.isZero()) {
                throw Failure.usage(
                        "holdfast: --fault REFUSE needs --fault-for: nobody listens to a later"
                                + " command");
            }
            if (status != 0 && !SAID.contains(mode)) {
                throw Failure.usage("holdfast: --fault-status goes with --fault " + SAID);
            }
            if (retryAfter != null && mode != Fault.Mode.STATUS) {
                throw Failure.usage("holdfast: --fault-retry-after goes with --fault STATUS");
            }
            try {
                return new Fault(mode, status, delay, retryAfter, first, lasting);
            } catch (IllegalArgumentException e) {
                throw Failure.usage("holdfast: " + e.getMessage());
            }
        }
    }
}
