package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.GatewayProcess;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Batches whose gateway is killed on the way, and that are sent again. The upstream is paused until
 * all are accepted, so that each call it gets afterwards is one that was not needed if its line was
 * called before.
 */
@Command(
        name = "batch-killed",
        description = {
            "Batches over HTTP while the gateway is killed with kill -9 at random moments; each is",
            "sent again with its key until it is accepted. Then each line is there once: among the",
            "gateway's requests, at the upstream that is called for it, in the results."
        })
public final class BatchKilledBench extends Benchmark {
    private static final int PAGE = 1_000;
    private static final Duration SENT_WITHIN = Duration.ofMinutes(10);
    private static final Duration SILENT_FOR = Duration.ofMinutes(2);
    private static final long PAUSE_MILLIS = 100;
    private static final long TELL_MILLIS = 10_000;

    @Option(
            names = "--batches",
            paramLabel = "N",
            defaultValue = "10",
            description = "batches, one after the other (default: ${DEFAULT-VALUE})")
    public int batches = 10;

    @Option(
            names = "--lines",
            paramLabel = "N",
            defaultValue = "100000",
            description = "lines of each (default: ${DEFAULT-VALUE})")
    public int lines = 100_000;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            defaultValue = "4",
            description = "time a gateway lives at most (default: ${DEFAULT-VALUE})")
    public int everySeconds = 4;

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "1",
            description = "fewer are a miss (default: ${DEFAULT-VALUE})")
    public int wantedKills = 1;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "of the moments (default: ${DEFAULT-VALUE})")
    public long seed = 1;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        LineTally called = new LineTally(batches, lines);
        try (Scratch scratch = new Scratch();
                var upstream =
                        new SimulatedUpstream(
                                vertx, SimulatedUpstream.Options.unlimited(1).log(called));
                GatewayProcess gateway =
                        GatewayProcess.start(
                                scratch.path("gateway"), Upstreams.plenty(upstream.start()));
                HttpClient client = HttpClient.newHttpClient()) {
            BatchKit kit = new BatchKit(client, gateway.port());
            kit.did("/v1/upstreams/synthesia/pause");
            List<String> ids = sent(report, gateway, kit);
            whatIsThere(report, kit);
            kit.did("/v1/upstreams/synthesia/resume");
            call(report, kit, called);
            long all = (long) batches * lines;
            report.exactly("lines that the upstream was called for", called.lines(), all);
            report.exactly("calls", called.calls(), all);
            long told = 0;
            for (int i = 0; i < batches; i++) {
                told += results(kit, ids.get(i), i);
            }
            report.exactly("lines in the results, each once and its own", told, all);
        } finally {
            vertx.close().await();
        }
    }

    /** The batches' ids, once all are accepted. */
    private List<String> sent(Report report, GatewayProcess gateway, BatchKit kit)
            throws Exception {
        List<String> ids = new ArrayList<>();
        long began = System.nanoTime();
        int sent = 0;
        int kills;
        try (Killer killer = new Killer(gateway, everySeconds, seed)) {
            for (int i = 0; i < batches; i++) {
                String body = BatchKit.lines(LineTally.stem(i), lines);
                String id = null;
                while (id == null) {
                    killer.check();
                    if (System.nanoTime() - began > SENT_WITHIN.toNanos()) {
                        throw new IOException("batch " + (i + 1) + " was never accepted");
                    }
                    sent++;
                    id = send(kit, body, "killed-" + i);
                }
                ids.add(id);
                report.say(
                        "batch %d of %d accepted after %.0f s, %d kills, sent %d times",
                        i + 1, batches, (System.nanoTime() - began) / 1e9, killer.kills(), sent);
            }
            kills = killer.stop();
        }
        report.figure("all accepted in", (System.nanoTime() - began) / 1e9, "s");
        report.atLeast("kills with kill -9 meanwhile", kills, wantedKills, "");
        report.count("times a batch was sent", sent);
        return ids;
    }

    /** Its id once all of it is accepted; null if it was cut off. */
    private @Nullable String send(BatchKit kit, String body, String key) throws Exception {
        JsonObject batch;
        try {
            batch = kit.batch(body, key);
        } catch (IOException cut) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            return null;
        }
        if (batch.getInteger("accepted") != lines) {
            throw new IllegalStateException("not all lines were accepted: " + batch);
        }
        return batch.getString("id");
    }

    /** As two who do not know of each other count: all requests, and the jobs of the queue. */
    private void whatIsThere(Report report, BatchKit kit) throws Exception {
        long all = (long) batches * lines;
        report.exactly("batches", kit.json("/v1/batches").getJsonArray("batches").size(), batches);
        report.exactly(
                "requests that are unfinished",
                kit.operation("{\"do\":\"cancel\",\"filter\":{},\"dry_run\":true}")
                        .getLong("matched"),
                all);
        report.exactly("jobs that wait", waiting(kit), all);
    }

    private static long waiting(BatchKit kit) throws Exception {
        JsonObject backlog = kit.json("/v1/upstreams/synthesia").getJsonObject("backlog");
        return backlog.getLong("queued") + backlog.getLong("retrying");
    }

    /** Waits until nothing waits any more, as long as the upstream hears of something new. */
    private void call(Report report, BatchKit kit, LineTally called) throws Exception {
        long began = System.nanoTime();
        long told = began;
        long heard = began;
        long calls = 0;
        while (kit.json("/v1/upstreams/synthesia").getInteger("in_flight") + waiting(kit) > 0) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            long now = System.nanoTime();
            if (called.calls() > calls) {
                calls = called.calls();
                heard = now;
            } else if (now - heard > SILENT_FOR.toNanos()) {
                throw new IOException("no call for " + SILENT_FOR.toSeconds() + " s");
            }
            if (now - told > TimeUnit.MILLISECONDS.toNanos(TELL_MILLIS)) {
                told = now;
                report.say("called %,d lines", called.lines());
            }
        }
        report.figure("all called in", (System.nanoTime() - began) / 1e9, "s");
    }

    /** How many of a batch's lines have succeeded, each told once and what it was. */
    private long results(BatchKit kit, String id, int batch) throws Exception {
        int line = 0;
        while (line < lines) {
            String path = "/v1/batches/" + id + "/results?limit=" + PAGE + "&cursor=" + line;
            int before = line;
            for (String text : kit.get(path).body().lines().toList()) {
                JsonObject told = new JsonObject(text);
                line++;
                String message = told.getJsonObject("params").getString("message");
                if (told.getInteger("line") != line
                        || !told.getString("status").equals("succeeded")
                        || !message.equals(BatchKit.message(LineTally.stem(batch), line))) {
                    throw new IllegalStateException("line " + line + " is " + text);
                }
            }
            if (line == before) {
                break;
            }
        }
        return line;
    }
}
