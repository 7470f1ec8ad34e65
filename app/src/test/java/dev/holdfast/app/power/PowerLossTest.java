package dev.holdfast.app.power;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.app.ServeProcess;
import dev.holdfast.app.power.Operation.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power goes while {@code serve} is under load. Its process runs on a disk that writes down
 * each write and each sync, and ends before one of them; of what was not synced by then some is
 * lost and some torn, and it starts anew on the rest. The log also says what the disk would have
 * held had the power gone at any moment before, so many such moments are judged for each process:
 * by what everybody outside was told before that moment.
 *
 * <p>Longer with {@code -Dholdfast.power.cuts=500 -Dholdfast.power.rounds=6}.
 */
@Timeout(1800)
class PowerLossTest {
    private static final int CUTS = Integer.getInteger("holdfast.power.cuts", 40);
    private static final int ROUNDS = Integer.getInteger("holdfast.power.rounds", 2);
    private static final long SEED = Long.getLong("holdfast.power.seed", 1);

    /** Cuts from which on the last webhook is waited for, a minute or so. */
    private static final int LONG = 500;

    /** Operations until the power goes: far beyond a start. */
    private static final int FEWEST_OPERATIONS = 3_500;

    private static final List<Disk.Loss> LOSSES = List.of(Disk.Loss.values());
    private static final Set<Kind> NAMES = Set.of(Kind.CREATE, Kind.FOLDER, Kind.REMOVE);

    /** Of what was broken at one cut. */
    private static final int SHOWN = 3;

    private static final int MOST_OPERATIONS = 5_000;
    private static final Duration ENDS_WITHIN = Duration.ofMinutes(3);

    @TempDir Path folder;
    private final Observer observer = new Observer();
    private final RandomGenerator chance =
            RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
    private Disk.Lost lost = new Disk.Lost(0, 0, 0);
    private Path root;
    private PowerSupply power;
    private Surroundings around;

    @BeforeEach
    void connect() throws Exception {
        Optional<PowerSupply> compiled = PowerSupply.compile(folder);
        assumeTrue(compiled.isPresent(), "there is no C compiler");
        power = compiled.get();
        root = Files.createDirectory(folder.toRealPath().resolve("disk"));
        around = new Surroundings(observer);
    }

    @AfterEach
    void disconnect() {
        if (around != null) {
            around.close();
        }
    }

    @Test
    void whatWasToldIsThereWhereverThePowerGoes() throws Exception {
        int judged = 0;
        int checkpoints = 0;
        try (Load load = new Load(observer, around.webhook())) {
            for (int round = 0; round < ROUNDS; round++) {
                Path before = copyOfDisk("before" + round);
                List<Operation> log = runUntilCut(load, round);
                checkpoints += countSyncs(log, PowerLossTest::isDatabase);
                int cuts = CUTS * (round + 1) / ROUNDS - judged;
                Predicate<String> allSyncs = _ -> true;
                assertThat(judge(before, log, cuts, allSyncs)).isEmpty();
                judged += cuts;
                lose(before, log);
            }
            try (ServeProcess serve = serve(Map.of())) {
                checkAllIsKept(load, serve);
                if (CUTS >= LONG) {
                    // Those that were on the way when the power went are sent after a lease.
                    assertThat(observer.awaitWebhooks(ENDS_WITHIN)).as("no webhook").isEmpty();
                }
            }
        }
        assertThat(observer.contradictions()).isEmpty();
        int fullest = Surroundings.fullest(observer.calls());
        assertThat(fullest).as("calls in a window").isLessThanOrEqualTo(Surroundings.LIMIT);
        assertThat(lost.writes()).as("writes that were lost").isPositive();
        assertThat(lost.torn()).as("writes that were torn").isPositive();
        assertThat(lost.names()).as("names that were lost").isPositive();
        assertThat(checkpoints).as("syncs of the database itself").isPositive();
        assertThat(observer.largeOnes()).as("large bodies").isPositive();
        System.out.printf(
                "%d cuts, %d of processes; lost %s; %d requests, %d of them large, %d calls, %d in the fullest"
                        + " window, %d checkpoints%n",
                judged,
                ROUNDS,
                lost,
                observer.toldBefore(Long.MAX_VALUE).size(),
                observer.largeOnes(),
                observer.calls().size(),
                fullest,
                checkpoints);
    }

    @Test
    void withoutFsyncTheSameLoses() throws Exception {
        List<Operation> log;
        Path before = copyOfDisk("before");
        try (Load load = new Load(observer, around.webhook())) {
            log = runUntilCut(load, 0);
        }
        assertLoses("no syncs", judge(before, log, CUTS / 2, _ -> false));
        assertLoses("none of the log", judge(before, log, CUTS / 2, PowerLossTest::isDatabase));
        assertLoses(
                "none of the database", judge(before, log, CUTS / 2, path -> !isDatabase(path)));
        assertThat(judge(before, log, CUTS / 2, _ -> true)).as("all syncs").isEmpty();
    }

    private static void assertLoses(String what, List<String> broken) {
        assertThat(broken).as(what).isNotEmpty();
        long cuts =
                broken.stream().map(one -> one.substring(0, one.indexOf(','))).distinct().count();
        System.out.printf("%s: %d of %d cuts lose something%n", what, cuts, CUTS / 2);
    }

    private static boolean isDatabase(String path) {
        return path.endsWith(".db");
    }

    private static int countSyncs(List<Operation> log, Predicate<String> of) {
        return (int) log.stream().filter(o -> o.kind() == Kind.SYNCED && of.test(o.path())).count();
    }

    private Path database(Path disk) {
        return disk.resolve("data").resolve("holdfast.db");
    }

    private ServeProcess serve(Map<String, String> environment) throws IOException {
        String store = "sqlite:" + database(root);
        return new ServeProcess(folder.resolve("serve"), store, around.yaml(), environment);
    }

    private List<Operation> runUntilCut(Load load, int round) throws Exception {
        Path log = folder.resolve("log" + round);
        int cutAfter = chance.nextInt(FEWEST_OPERATIONS, MOST_OPERATIONS);
        try (ServeProcess serve = serve(power.environment(root, log, cutAfter))) {
            checkAllIsKept(load, serve);
            load.run(serve.root());
            assertThat(serve.awaitEnd(ENDS_WITHIN)).as("the power went").isTrue();
        }
        List<Operation> operations = Operation.read(log);
        assertThat(operations).hasSize(cutAfter);
        return operations;
    }

    /** By its own words, to whom it told it; what had no end gets one. */
    private void checkAllIsKept(Load load, ServeProcess serve) throws Exception {
        for (UUID request : observer.toldBefore(Long.MAX_VALUE).keySet()) {
            load.follow(serve.root(), request);
        }
        assertThat(observer.contradictions()).isEmpty();
    }

    /** At random, and once after each name that was made or removed. */
    private SortedSet<Integer> momentsOf(List<Operation> log, int cuts) {
        SortedSet<Integer> moments = new TreeSet<>();
        for (int i = 1; i < log.size(); i++) {
            if (NAMES.contains(log.get(i - 1).kind())) {
                moments.add(i);
            }
        }
        assertThat(moments).hasSizeLessThan(cuts);
        while (moments.size() < cuts) {
            moments.add(chance.nextInt(log.size()));
        }
        return moments;
    }

    /** Judges what the disk would hold at so many moments; answers what was broken at each. */
    private List<String> judge(Path before, List<Operation> log, int cuts, Predicate<String> syncs)
            throws Exception {
        SortedSet<Integer> moments = momentsOf(log, cuts);
        List<String> broken = new ArrayList<>();
        Disk disk = new Disk(before, root, syncs);
        for (int i = 0; i < log.size(); i++) {
            if (moments.contains(i)) {
                Path image = Files.createDirectory(folder.resolve("image"));
                Disk.Loss loss = LOSSES.get(chance.nextInt(LOSSES.size()));
                lost = lost.plus(disk.cut(root, image, loss, chance));
                String at = "operation " + i + ", loss " + loss + ": ";
                observer.judge(database(image), log.get(i).nanos()).stream()
                        .limit(SHOWN)
                        .forEach(what -> broken.add(at + what));
                delete(image);
            }
            disk.apply(log.get(i));
        }
        return broken;
    }

    /** Puts onto the disk what is there after the cut. */
    private void lose(Path before, List<Operation> log) throws IOException {
        Disk disk = new Disk(before, root, _ -> true);
        log.forEach(disk::apply);
        delete(root);
        Files.createDirectory(root);
        lost = lost.plus(disk.cut(root, root, Disk.Loss.SECTORS, chance));
    }

    private Path copyOfDisk(String name) throws IOException {
        Path to = folder.resolve(name);
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.toList()) {
                Files.copy(path, to.resolve(root.relativize(path).toString()));
            }
        }
        return to;
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
