package dev.holdfast.app.batch;

import dev.holdfast.app.batch.BatchFile.Part;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.sign.LineBatch;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast batch}: a file of asks through a running gateway, their results in order. */
@Command(
        name = "batch",
        mixinStandardHelpOptions = true,
        description = {
            "Sends a file of asks through a running gateway: a JSON object a line, such as"
                    + " {\"route\": \"/crypto/sign\", \"params\": {\"message\": \"m\"}}.",
            "Writes what became of each line, in order, as JSON lines with \"line\". Sent again within"
                    + " a day it goes on where it was, and each line is there once; with --out it"
                    + " continues the file."
        })
public final class BatchCommand implements Runnable {
    @Parameters(paramLabel = "FILE", description = "asks, a JSON object a line")
    Path file = Path.of("");

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "where the JSON lines go (default: stdout)")
    @Nullable Path out;

    @Option(
            names = "--anew",
            description = "asks for all of it again, though the same file was sent before")
    boolean anew;

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        Path results = out;
        if (results != null && same(file, results)) {
            throw Failure.usage("holdfast: --out is FILE itself; name another, or it is lost");
        }
        CommandLine line = spec.commandLine();
        BatchFile asks = asks();
        if (asks.lines() == 0) {
            line.getErr().println("holdfast: " + file + " has no line");
            return;
        }
        try (ResultLines told = new ResultLines(results, line.getOut());
                GatewayClient client = gateway.open()) {
            continued(asks, told);
            client.upstreams(); // says at once that nobody is there, or wants another key
            told.begin();
            int failed = send(client, asks, told, line);
            if (failed > 0) {
                throw Failure.failed(
                        "holdfast: "
                                + failed
                                + " of "
                                + asks.lines()
                                + " lines have no result; their own lines say why");
            }
        } catch (IOException e) {
            throw Failure.failed(GatewayClient.silence(gateway.url, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private BatchFile asks() {
        try {
            return new BatchFile(file, LineBatch.MAX_LINES);
        } catch (IOException e) {
            throw Failure.usage("holdfast: cannot read " + file + ": " + FileTrouble.words(e));
        }
    }

    /** Results of another file are not continued by this one's. */
    private void continued(BatchFile asks, ResultLines told) throws IOException {
        String known = told.lastGood();
        if (told.last() > asks.lines() || (known != null && !AskedFor.by(asks, known))) {
            throw Failure.usage(
                    "holdfast: "
                            + out
                            + " holds the results of another file than "
                            + file
                            + "; it stays as it is, give --out another");
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isRegularFile(one) && Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException e) {
            return false; // what is wrong with one of them is said when it is opened
        }
    }

    /** Part by part; how many lines have no result. */
    private int send(GatewayClient client, BatchFile asks, ResultLines told, CommandLine line)
            throws IOException, InterruptedException {
        String fresh = anew ? UUID.randomUUID().toString() : null;
        int before = told.last();
        int failed = told.failed();
        try (var progress =
                new Progress(line.getErr(), Progress.onTerminal(), asks.lines(), before)) {
            progress.begin();
            for (Part part : asks.parts()) {
                if (part.before() + part.lines() > before) {
                    var sent = new SentBatch(client, asks, part, fresh);
                    failed += sent.run(before, told, progress);
                }
            }
        }
        return failed;
    }
}
