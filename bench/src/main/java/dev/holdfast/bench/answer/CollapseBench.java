package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.BesideWorld;
import dev.holdfast.bench.kit.Load;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Template;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Degradation;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;

/** The same message from a thousand callers at once. */
@Command(
        name = "collapse",
        description = {
            "1,000 callers ask for the same message at once, each with a webhook of its own: once",
            "for one that is signed at the first call, once for one that fails for a while."
        })
public final class CollapseBench extends Benchmark {
    private static final int CALLERS = 1_000;
    private static final double SPEED = 30;
    private static final long SEED = 1;
    private static final Duration WEBHOOKS_WITHIN = Duration.ofMinutes(1);
    private static final long LOOK_EVERY_MILLIS = 50;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        var api = SimulatedUpstream.Options.recorded(SEED).faster(SPEED);
        try (Scratch scratch = new Scratch();
                BesideWorld world =
                        new BesideWorld(
                                vertx,
                                scratch.path("gateway"),
                                api,
                                up ->
                                        Upstreams.at(
                                                up.port(), "[ { limit: 10, window: 2s } ]", 10))) {
            String good = message(api.degradation(), false);
            String failing = message(api.degradation(), true);
            ask(report, world, "a message that is signed at once", good, 0);
            report.exactly("upstream calls for it", calls(world, good), 1);
            ask(report, world, "a message that fails for a while", failing, CALLERS);
            JsonObject stats = world.upstream.stats(false);
            report.figure(
                    "upstream calls for it, retries included", (double) calls(world, failing), "");
            report.exactly(
                    "most signatures of a message", stats.getLong("max_signatures_per_message"), 1);
            report.exactly("webhooks not genuine", world.receiverFigure("not_genuine"), 0);
        } finally {
            vertx.close().await();
        }
    }

    /** The first message with that fate. */
    private static String message(Degradation degradation, boolean fails) {
        return IntStream.range(0, 1000)
                .mapToObj(i -> "same-" + i)
                .filter(m -> degradation.recovery(m).isZero() != fails)
                .findFirst()
                .orElseThrow();
    }

    private static long calls(BesideWorld world, String message) {
        JsonObject each = world.upstream.stats(true).getJsonObject("each");
        return each.getJsonObject(message).getLong("calls");
    }

    private void ask(Report report, BesideWorld world, String what, String message, long before)
            throws Exception {
        String hook = URLEncoder.encode(world.receiver.uri() + "?n=", StandardCharsets.UTF_8);
        Template template =
                Template.get("/crypto/sign?message=" + message + "&webhook_url=" + hook + "{n}");
        try (Load load = new Load(world.gateway.port(), CALLERS, template, 0)) {
            Load.Result result = load.run(CALLERS, Duration.ofSeconds(10));
            report.say(
                    "%s: %d results, %d receipts, slowest %.0f ms",
                    what, result.count(200), result.count(202), result.millis(100));
            report.exactly("answers for " + what, result.count(200) + result.count(202), CALLERS);
        }
        long giveUp = System.nanoTime() + WEBHOOKS_WITHIN.toNanos();
        while (world.receiverFigure("accepted_webhooks") < before + CALLERS
                && System.nanoTime() < giveUp) {
            TimeUnit.MILLISECONDS.sleep(LOOK_EVERY_MILLIS);
        }
        report.exactly(
                "webhooks for " + what,
                world.receiverFigure("accepted_webhooks") - before,
                CALLERS);
    }
}
