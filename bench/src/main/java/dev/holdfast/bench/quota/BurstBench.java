package dev.holdfast.bench.quota;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.BesideWorld;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Rounds;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.bench.kit.Upstreams;
import dev.holdfast.simulator.door.Latency;
import dev.holdfast.simulator.upstream.SimulatedUpstream;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main job: a burst of 60 within a second, beside an oracle; and with the plug pulled. */
@Command(
        name = "burst",
        description = {
            "60 different messages at once through the simulated signing API, beside an oracle",
            "that knows when each message recovers; each seed once whole, and once with kill -9",
            "at a random moment and a restart. Runs of all seeds go at once; about a minute at",
            "the usual speed."
        })
public final class BurstBench extends Benchmark {
    /** Done within so much of what the oracle needs. */
    private static final double WANTED_RATIO = 1.05;

    private static final double ANSWER_SECONDS = 2;

    /** From the tenth call to the last first call at most, in the real API's time. */
    private static final Duration FIRST_CALLS_WITHIN =
            Duration.ofMinutes(5).plus(Latency.RECORDED.longest().multipliedBy(10));

    /** What P5 gives a call to leave, 50 ms, for five windows: our own time does not go faster. */
    private static final double OWN_MILLIS = 250;

    /** Between the first asks of two runs, so that they do not disturb each other. */
    private static final Duration APART = Duration.ofSeconds(4);

    /** Asks of another upstream before the burst: a second of a cold JVM is ten at this speed. */
    private static final int WARM_UP_ASKS = 2_000;

    @Option(
            names = "--speed",
            defaultValue = "10",
            description = "N times faster than the real API; 1 takes ten minutes (default: 10)")
    double speed = 10;

    @Option(
            names = "--seeds",
            defaultValue = "3",
            description = "how many different fates of the messages (default: 3)")
    int seeds = 3;

    @Option(names = "--first-seed", defaultValue = "1", description = "the first (default: 1)")
    long firstSeed = 1;

    @Override
    public void measure(Report report) throws Exception {
        Vertx vertx = Vertx.vertx();
        try (Scratch scratch = new Scratch();
                var warm = new SimulatedUpstream(vertx, SimulatedUpstream.Options.unlimited(1));
                ExecutorService threads = Executors.newCachedThreadPool()) {
            warm.start();
            List<BurstRun> runs = new ArrayList<>();
            for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
                for (boolean kill : new boolean[] {false, true}) {
                    Path folder = scratch.path(seed + "-" + kill);
                    var world = new BesideWorld(vertx, folder, api(seed), up -> yaml(up, warm));
                    world.warmUp(WARM_UP_ASKS);
                    runs.add(
                            new BurstRun(
                                    world,
                                    api(seed),
                                    seed,
                                    speed,
                                    kill,
                                    APART.multipliedBy(runs.size())));
                }
            }
            List<BurstRun.Story> stories = new ArrayList<>();
            for (Future<BurstRun.Story> run : threads.invokeAll(runs)) {
                BurstRun.Story story = run.get();
                stories.add(story);
                report.say("%s", story);
            }
            judge(report, stories);
        } finally {
            vertx.close().await();
        }
    }

    private SimulatedUpstream.Options api(long seed) {
        var real = SimulatedUpstream.Options.recorded(seed);
        return real.faster(speed).latency(real.latency().faster(speed));
    }

    private String yaml(SimulatedUpstream upstream, SimulatedUpstream warm) {
        return """
        upstreams:
          synthesia:
            url: http://127.0.0.1:%d
            headers: { Authorization: simulated }
            quota: [ { limit: 10, window: %dms } ]
            concurrency: 10
            retry: { backoff: exponential, first: %dms, max: %dms, jitter: 0.2 }
          warm:
            url: http://127.0.0.1:%d
            quota: [ { limit: 1000000, window: 1s } ]
            concurrency: 10
        routes:
          - path: /crypto/sign
            upstream: synthesia
            call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
            params: { message: { required: true } }
            done-on: [200]
            result: { field: signature, from: text }
          - path: /warm
            upstream: warm
            call: { method: GET, path: /crypto/sign, query: { message: "{message}" } }
            params: { message: { required: true } }
            done-on: [200]
            result: { field: signature, from: text }
        %s"""
                .formatted(
                        upstream.port(),
                        millis(60),
                        millis(5),
                        millis(60),
                        warm.port(),
                        Upstreams.CALLER);
    }

    private long millis(double seconds) {
        return Math.round(seconds * 1000 / speed);
    }

    private void judge(Report report, List<BurstRun.Story> stories) {
        List<BurstRun.Story> whole = stories.stream().filter(s -> !s.killed()).toList();
        int messages = BurstRun.MESSAGES;
        report.below(
                "slowest answer", max(stories, BurstRun.Story::slowestAnswer), ANSWER_SECONDS, "s");
        report.exactly(
                "answers in all",
                sum(stories, BurstRun.Story::answered),
                (long) messages * stories.size());
        report.exactly(
                "worst window, largest", Math.round(max(stories, BurstRun.Story::worstWindow)), 10);
        report.exactly(
                "worst window, smallest", Math.round(-max(stories, s -> -s.worstWindow())), 10);
        report.exactly("calls refused by the API", sum(stories, BurstRun.Story::refused), 0);
        report.exactly(
                "messages signed",
                sum(stories, BurstRun.Story::signed),
                (long) messages * stories.size());
        report.exactly(
                "webhooks that arrived",
                sum(stories, BurstRun.Story::webhooks),
                (long) messages * stories.size());
        report.exactly("webhooks not genuine", sum(stories, BurstRun.Story::notGenuine), 0);
        report.exactly(
                "most signatures of a message",
                Math.round(max(stories, BurstRun.Story::signatures)),
                1);
        report.atMost(
                "from the first full window to the last first call, without kill",
                max(whole, s -> s.lastFirstCall() - s.fullWindow()) * speed,
                (FIRST_CALLS_WITHIN.toMillis() + OWN_MILLIS * (speed - 1)) / 1000,
                "s");
        report.figure(
                "until the first window was full", max(whole, BurstRun.Story::fullWindow), "s");
        double[] ratios = whole.stream().mapToDouble(BurstRun.Story::ratio).toArray();
        report.figure(
                "done to the oracle, largest without kill", max(whole, BurstRun.Story::ratio), "");
        report.atMost(
                "done to the oracle, median without kill", Rounds.median(ratios), WANTED_RATIO, "");
    }

    private static double max(
            List<BurstRun.Story> stories, ToDoubleFunction<BurstRun.Story> figure) {
        return stories.stream().mapToDouble(figure).max().orElse(0);
    }

    private static long sum(List<BurstRun.Story> stories, ToLongFunction<BurstRun.Story> figure) {
        return stories.stream().mapToLong(figure).sum();
    }
}
