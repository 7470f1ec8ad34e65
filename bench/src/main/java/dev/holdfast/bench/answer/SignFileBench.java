package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.BesideWorld;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sign --file}, killed and started again. */
@Command(
        name = "sign-file",
        description = {
            "10,000 messages through `sign --file` against an upstream without quota, killed with",
            "kill -9 on the way and started again."
        })
public final class SignFileBench extends Benchmark {
    private static final long GIVE_UP_SECONDS = 120;
    private static final long LOOK_EVERY_MILLIS = 5;

    @Option(
            names = "--messages",
            defaultValue = "10000",
            description = "how many (default: ${DEFAULT-VALUE})")
    int messages = 10_000;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                BesideWorld world =
                        new BesideWorld(
                                vertx,
                                scratch.path("gateway"),
                                SimulatedUpstream.Options.unlimited(1),
                                Upstreams::plenty)) {
            Path file = scratch.path("messages");
            Path out = scratch.path("signed");
            Files.write(file, IntStream.range(0, messages).mapToObj(i -> "message " + i).toList());
            Process first = sign(world, file, out);
            awaitSigned(world, messages / 3);
            first.destroyForcibly().waitFor();
            long signedBefore = world.upstreamFigure("signatures");
            long linesBefore = lines(out);
            report.say("killed with %,d signed, %,d lines written", signedBefore, linesBefore);
            long began = System.nanoTime();
            Process second = sign(world, file, out);
            if (!second.waitFor(GIVE_UP_SECONDS, TimeUnit.SECONDS)) {
                second.destroyForcibly();
                throw new IOException("the second run does not end");
            }
            report.figure("the second run", (System.nanoTime() - began) / 1e9, "s");
            report.exactly("its exit status", second.exitValue(), 0);
            report.exactly("different messages signed in the file", signed(out), messages);
            report.exactly("lines in the file", lines(out), messages);
            report.exactly("signatures made", world.upstreamFigure("signatures"), messages);
            report.exactly("most of one", world.upstreamFigure("max_signatures_per_message"), 1);
        } finally {
            vertx.close().await();
        }
    }

    private static Process sign(BesideWorld world, Path file, Path out) throws IOException {
        List<String> command =
                GatewayProcess.command(
                        "sign",
                        "--file",
                        file.toString(),
                        "--out",
                        out.toString(),
                        "--url",
                        "http://127.0.0.1:" + world.gateway.port(),
                        "--key",
                        Upstreams.KEY);
        return new ProcessBuilder(command)
                .redirectError(Redirect.DISCARD)
                .redirectOutput(Redirect.DISCARD)
                .start();
    }

    private static void awaitSigned(BesideWorld world, long count) throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(GIVE_UP_SECONDS);
        while (world.upstreamFigure("signatures") < count) {
            if (System.nanoTime() > giveUp) {
                throw new IOException("nothing is signed");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
        }
    }

    private static long lines(Path out) throws IOException {
        try (var lines = Files.lines(out)) {
            return lines.count();
        }
    }

    private static long signed(Path out) throws IOException {
        Set<String> found = new HashSet<>();
        try (var lines = Files.lines(out)) {
            lines.map(JsonObject::new)
                    .filter(line -> line.containsKey("signature"))
                    .forEach(line -> found.add(line.getString("message")));
        }
        return found.size();
    }
}
