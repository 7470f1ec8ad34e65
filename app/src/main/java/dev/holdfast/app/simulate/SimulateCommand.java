package dev.holdfast.app.simulate;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.simulator.door.Simulator;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast simulate}: the stand-ins for the services that Holdfast talks to. */
@Command(
        name = "simulate",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description =
                "Stand-ins for the services that Holdfast talks to, with their recorded figures and"
                        + " faults. Each answers GET /_stats and GET|POST /_control.",
        subcommands = {
            SimulateUpstreamCommand.class,
            SimulateRatesCommand.class,
            SimulateFeedCommand.class,
            SimulateReceiverCommand.class
        })
public final class SimulateCommand implements Runnable {
    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(), "which one: upstream, rates-api, feed or receiver?");
        }
    }

    /**
     * Runs a simulator until the process is told to end.
     *
     * @param start makes and starts it with the Vert.x and where lines go
     * @param told the line that says where it is
     */
    static <S extends Simulator> void serve(
            @Nullable CommandSpec spec,
            BiFunction<Vertx, PrintWriter, S> start,
            Function<S, String> told) {
        serve(spec, start, told, _ -> new CompletableFuture<Void>());
    }

    /**
     * Runs a simulator until it has ended by itself or the process is told to end.
     *
     * @param end completes when it has ended by itself
     * @return what it ended with, or null if it was ended
     */
    static <S extends Simulator, R> @Nullable R serve(
            @Nullable CommandSpec spec,
            BiFunction<Vertx, PrintWriter, S> start,
            Function<S, String> told,
            Function<S, CompletableFuture<R>> end) {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        var vertx = Vertx.vertx();
        try (var simulator = started(vertx, spec.commandLine().getOut(), start)) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(told.apply(simulator) + "; Ctrl-C ends it");
            err.flush();
            return end.apply(simulator).join();
        } finally {
            vertx.close();
        }
    }

    private static <S> S started(
            Vertx vertx, PrintWriter out, BiFunction<Vertx, PrintWriter, S> start) {
        try {
            return start.apply(vertx, out);
        } catch (IllegalStateException e) {
            String said = String.valueOf(e.getMessage());
            throw Failure.failed(
                    "holdfast: "
                            + said
                            + (said.startsWith("cannot listen")
                                    ? "; name another --port, 0 for a free one"
                                    : ""));
        } catch (IllegalArgumentException e) {
            throw Failure.usage("holdfast: " + e.getMessage());
        }
    }
}
