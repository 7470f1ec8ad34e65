package dev.holdfast.bench.store;

import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.kit.Database;
import dev.holdfast.bench.kit.Report;
import dev.holdfast.bench.kit.Scratch;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.postgresql.PostgresStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What one shard does, measured; and how many of them a given load needs, by a model. */
@Command(
        name = "scale",
        description = {
            "Measures what accepts cost on one PostgreSQL with one upstream and with two, then",
            "plays a fleet of such shards at the wanted rate, with transactions as long as the",
            "measured ones: how many shards it takes. The fleet is a model, and said so."
        })
public final class ScaleBench extends Benchmark {
    private static final double WANTED_P99_MILLIS = 20;
    private static final int UNDER_WAY = 256;

    /** Asks under way while the cost of transactions of different sizes is measured. */
    private static final int[] SIZES = {1, 4, 16, 64, 256, 512};

    /** So many partitions has the upstream whose replicas are measured. */
    private static final int[] PARTITIONS = {1, 8, 64};

    private static final int MAX_SHARDS = 1_000;

    @Option(
            names = "--rate",
            defaultValue = "100000",
            description = "durable accepts a second that are wanted (default: ${DEFAULT-VALUE})")
    double rate = 100_000;

    @Option(
            names = "--upstreams",
            defaultValue = "1000",
            description = "over how many upstreams (default: ${DEFAULT-VALUE})")
    int upstreams = 1_000;

    @Option(
            names = "--skew",
            defaultValue = "0.7",
            description =
                    "how unequal they are: the n-th gets a share of n^-skew (default:"
                            + " ${DEFAULT-VALUE})")
    double skew = 0.7;

    @Option(
            names = "--seconds",
            defaultValue = "3",
            description = "of each measurement (default: ${DEFAULT-VALUE})")
    int seconds = 3;

    @Option(
            names = "--virtual-seconds",
            defaultValue = "20",
            description = "of the fleet's life that are played (default: ${DEFAULT-VALUE})")
    double virtualSeconds = 20;

    @Option(
            names = "--locks",
            description = "measures only what replicas wait for each other, and plays no fleet")
    boolean locksOnly;

    @Override
    public void measure(Report report) throws Exception {
        BatchTimes times = new BatchTimes();
        try (Scratch scratch = new Scratch()) {
            if (!locksOnly) {
                batches(report, scratch.path("batches"), times);
            }
            locks(report, scratch.path("locks"));
            for (int count : PARTITIONS) {
                partitions(report, scratch.path("partitions-" + count), count);
            }
        }
        if (!locksOnly) {
            fleet(report, times);
        }
    }

    /** Two replicas on the partitions of one upstream that have nothing in common. */
    private void partitions(Report report, Path folder, int count) throws Exception {
        List<String> all = IntStream.range(0, count).mapToObj(i -> "p" + i).toList();
        List<String> first = all.subList(0, (count + 1) / 2);
        List<String> second = count == 1 ? all : all.subList(first.size(), count);
        try (Database database = new Database(folder);
                StoreAccepts a = new StoreAccepts(open(database), "a", all);
                StoreAccepts b = new StoreAccepts(open(database), "a", all);
                StoreAccepts halfA = new StoreAccepts(open(database), "a", first);
                StoreAccepts halfB = new StoreAccepts(open(database), "a", second)) {
            for (StoreAccepts each : List.of(a, b, halfA, halfB)) {
                each.perSecond(UNDER_WAY, Duration.ofSeconds(1));
                each.claimOne();
            }
            String of = " of " + count + (count == 1 ? " partition" : " partitions");
            report.figure("measured: one replica" + of, together(List.of(a)), "/s");
            report.figure("measured: two replicas, each all" + of, together(List.of(a, b)), "/s");
            double halves = together(List.of(halfA, halfB));
            report.figure("measured: two replicas, each its half" + of, halves, "/s");
        }
    }

    private void batches(Report report, Path folder, BatchTimes times) throws Exception {
        try (Database database = new Database(folder);
                PostgresStore store = open(database);
                StoreAccepts accepts = new StoreAccepts(store, "api")) {
            accepts.perSecond(UNDER_WAY, Duration.ofSeconds(3L * seconds));
            store.watch(times);
            for (int size : SIZES) {
                report.figure(
                        "measured: accepts with " + size + " under way",
                        accepts.perSecond(size, Duration.ofSeconds(seconds)),
                        "/s");
            }
        }
        times.fit();
        report.figure("measured: cost of a transaction", times.fixedMicros() / 1e3, "ms");
        report.figure("measured: cost of each accept in it", times.eachMicros() / 1e3, "ms");
    }

    /** One replica, two on one upstream, two on an upstream each; on one server. */
    private void locks(Report report, Path folder) throws Exception {
        try (Database database = new Database(folder);
                StoreAccepts a = new StoreAccepts(open(database), "a");
                StoreAccepts alsoA = new StoreAccepts(open(database), "a");
                StoreAccepts b = new StoreAccepts(open(database), "b")) {
            together(List.of(a, alsoA, b));
            double one = together(List.of(a));
            report.figure("measured: one replica, one upstream", one, "/s");
            double same = together(List.of(a, alsoA));
            report.figure("measured: two replicas, the same upstream", same, "/s");
            double two = together(List.of(a, b));
            report.figure("measured: two replicas, an upstream each", two, "/s");
            report.figure("what the row lock leaves of two upstreams' rate", same / two, "");
        }
    }

    private double together(List<StoreAccepts> replicas) throws Exception {
        double sum = 0;
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<Double>> rates = new ArrayList<>();
            for (StoreAccepts replica : replicas) {
                rates.add(
                        threads.submit(
                                () ->
                                        replica.perSecond(
                                                UNDER_WAY / replicas.size(),
                                                Duration.ofSeconds(seconds))));
            }
            for (Future<Double> each : rates) {
                sum += each.get();
            }
        }
        return sum;
    }

    private static PostgresStore open(Database database) {
        return PostgresStore.open(Database.url(database.port()), StoreOptions.DEFAULT);
    }

    /** Looks for the smallest fleet whose busiest shard is still quick. */
    private void fleet(Report report, BatchTimes times) {
        double most = 1e6 * 512 / times.line(512);
        report.figure("model: most that a shard can do", most, "/s");
        report.figure("arithmetic: shards at 0.6 of that", Math.ceil(rate / (most * 0.6)), "");
        int shards = (int) Math.ceil(rate / most);
        while (shards < MAX_SHARDS && p99(times, largest(shards), 2) > WANTED_P99_MILLIS) {
            shards++;
        }
        ShardModel.Outcome busiest = play(times, largest(shards), virtualSeconds);
        ShardModel.Outcome mean = play(times, rate / shards, virtualSeconds);
        report.count("model: shards needed for " + Math.round(rate) + "/s", shards);
        report.figure("model: asks of the busiest shard", largest(shards), "/s");
        report.figure("model: its transactions run so much of the time", busiest.busy(), "");
        report.figure("model: p50 there", busiest.millis(50), "ms");
        report.figure("model: p99 of a shard with the mean load", mean.millis(99), "ms");
        report.exactly("model: refused there", busiest.refused(), 0);
        report.atMost("model: p99 there", busiest.millis(99), WANTED_P99_MILLIS * 1.25, "ms");
    }

    private double p99(BatchTimes times, double load, double time) {
        return play(times, load, time).millis(99);
    }

    private static ShardModel.Outcome play(BatchTimes times, double load, double time) {
        RandomGenerator chance = new Random(1);
        return new ShardModel(times, chance).play(load, time);
    }

    /** The load of the busiest shard when upstreams are put, largest first, where there is room. */
    private double largest(int shards) {
        double[] shares =
                IntStream.rangeClosed(1, upstreams).mapToDouble(n -> Math.pow(n, -skew)).toArray();
        double all = Arrays.stream(shares).sum();
        double[] loads = new double[shards];
        for (double share : shares) {
            int least =
                    IntStream.range(0, shards)
                            .boxed()
                            .min(Comparator.comparingDouble(i -> loads[i]))
                            .orElseThrow();
            loads[least] += share / all * rate;
        }
        return Arrays.stream(loads).max().orElseThrow();
    }
}
