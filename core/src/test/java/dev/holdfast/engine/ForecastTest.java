package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How far off it is when a burst and its requests are said to be done, on virtual time: at ten
 * calls a minute, half of the messages fail at first, until 54 to 235 s after their first call.
 */
@Timeout(120)
class ForecastTest {
    private static final Duration LOOK = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration LATENCY = Duration.ofMillis(100);

    private static final int SEEDS = Integer.getInteger("holdfast.seeds", 4);

    @TempDir private Path folder;

    /**
     * What was said at a time, and what came of it, both from then on.
     *
     * @param failed whether a request had been called before
     */
    private record Said(double at, double said, double came, boolean failed) {
        /** How many times too long or too short. */
        double off() {
            double longer = Math.max(said, came);
            return longer / Math.max(1, Math.min(said, came));
        }
    }

    /**
     * One burst's figures.
     *
     * @param receipts what requests were told
     * @param whole what the upstream's backlog was said to take
     * @param seconds it took
     */
    private record Played(List<Said> receipts, List<Said> whole, double seconds) {
        /** Of the whole, after its first quarter and before its last tenth. */
        List<Said> settled() {
            return whole.stream()
                    .filter(each -> each.at() > seconds / 4 && each.at() < seconds * 0.9)
                    .toList();
        }
    }

    private static double median(List<Said> all) {
        List<Double> offs = new ArrayList<>(all.stream().map(Said::off).toList());
        Collections.sort(offs);
        return offs.get(offs.size() / 2);
    }

    @ParameterizedTest
    @CsvSource({"20, 1.5, 1.35", "60, 1.25, 1.3"})
    void aBurstIsDoneAboutWhenItWasSaid(int size, double withoutAPast, double withOne) {
        Figures first = new Figures();
        Figures later = new Figures();
        for (int seed = 1; seed <= SEEDS; seed++) {
            try (Burst burst = new Burst(seed)) {
                first.add(burst.play(size));
                burst.play(size);
                later.add(burst.play(size));
            }
        }
        System.out.printf("%d at once: %s; later: %s%n", size, first, later);

        assertThat(median(first.whole)).isLessThan(withoutAPast);
        assertThat(median(later.whole)).isLessThan(withOne);
        // Chance decides which message fails: the best guess of one is wrong by half.
        assertThat(median(first.receipts)).isLessThan(2.2);
        assertThat(median(later.failed)).isLessThan(2.2);
    }

    /** What was said in several bursts. */
    private static final class Figures {
        final List<Said> whole = new ArrayList<>();
        final List<Said> receipts = new ArrayList<>();
        final List<Said> failed = new ArrayList<>();

        void add(Played burst) {
            whole.addAll(burst.settled());
            receipts.addAll(burst.receipts());
            failed.addAll(burst.receipts().stream().filter(Said::failed).toList());
        }

        @Override
        public String toString() {
            return "the whole off by x%.2f, one request by x%.2f, one that failed by x%.2f"
                    .formatted(median(whole), median(receipts), median(failed));
        }
    }

    /** An engine whose upstream fails half of the messages at first. */
    private final class Burst implements AutoCloseable {
        private final EngineWorld world;
        private final Random random;
        private final Map<String, Duration> firsts = new HashMap<>();
        private final Map<String, Duration> recoveries = new HashMap<>();
        private final Map<String, Double> ended = new HashMap<>();
        private int answered;
        private int named;

        Burst(int seed) {
            random = new Random(seed);
            var retry =
                    new RetryPolicy(
                            RetryPolicy.Backoff.EXPONENTIAL,
                            Duration.ofSeconds(5),
                            Duration.ofSeconds(60),
                            0.2,
                            0,
                            Duration.ZERO);
            var quota = new Quota(List.of(new Window(10, Duration.ofMinutes(1))));
            world =
                    new EngineWorld(
                            folder.resolve(seed + ".db"),
                            api ->
                                    new UpstreamPolicy(
                                            api.name(), quota, 10, api.timeout(), retry, 100_000));
        }

        Played play(int size) {
            List<CompletableFuture<Answer>> asked = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                asked.add(world.submit("message " + named++));
            }
            double began = now();
            run();
            List<UUID> ids = asked.stream().map(each -> world.kept(each).id()).toList();
            ended.clear();
            Map<String, List<double[]>> told = new HashMap<>();
            List<double[]> whole = new ArrayList<>();
            for (int steps = 0; ended.size() < size; steps++) {
                run();
                boolean look = steps % (LOOK.toMillis() / STEP.toMillis()) == 0;
                for (UUID id : look ? ids : List.<UUID>of()) {
                    RequestView view = world.engine.request(EngineWorld.ALL, id).orElseThrow();
                    if (view.estimatedSeconds() != null && !view.request().status().isFinal()) {
                        told.computeIfAbsent(view.request().params(), _ -> new ArrayList<>())
                                .add(
                                        new double[] {
                                            now(),
                                            view.estimatedSeconds(),
                                            view.request().attempts() > 0 ? 1 : 0
                                        });
                    }
                }
                if (look && ended.size() < size) {
                    var future = world.engine.upstream("api").toCompletableFuture();
                    world.time.run(Duration.ofMillis(1));
                    Duration drain = future.join().orElseThrow().drainsIn();
                    whole.add(new double[] {now(), drain.toMillis() / 1e3});
                }
            }
            double end = now();
            List<Said> receipts = new ArrayList<>();
            told.forEach(
                    (id, all) ->
                            all.forEach(
                                    one ->
                                            receipts.add(
                                                    new Said(
                                                            one[0] - began,
                                                            one[1],
                                                            ended.get(id) - one[0],
                                                            one[2] > 0))));
            return new Played(
                    receipts,
                    whole.stream()
                            .map(one -> new Said(one[0] - began, one[1], end - one[0], false))
                            .toList(),
                    end - began);
        }

        private double now() {
            return world.time.elapsed().toMillis() / 1e3;
        }

        private void run() {
            world.time.run(STEP);
            for (; answered < world.calls.size(); answered++) {
                EngineWorld.Call call = world.calls.get(answered);
                Duration first = firsts.computeIfAbsent(call.message(), _ -> call.at());
                Duration recovery =
                        recoveries.computeIfAbsent(
                                call.message(),
                                _ ->
                                        random.nextBoolean()
                                                ? Duration.ZERO
                                                : Duration.ofMillis(
                                                        54_000 + random.nextInt(181_000)));
                boolean well = call.at().minus(first).compareTo(recovery) >= 0;
                world.time.after(
                        LATENCY,
                        () -> {
                            if (well) {
                                call.succeed();
                                ended.put("{\"message\":\"" + call.message() + "\"}", now());
                            } else {
                                call.fail();
                            }
                        });
            }
        }

        @Override
        public void close() {
            world.close();
        }
    }
}
