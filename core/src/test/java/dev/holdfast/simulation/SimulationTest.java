package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sweep of seeds. {@code -Dsimulation.seeds=100000} plays more, {@code -Dsimulation.first=50000}
 * begins with that one, so that a long sweep may be played in parts; {@code -Dsimulation.seed=42}
 * plays one again.
 */
final class SimulationTest {
    private static final long SEEDS = Long.getLong("simulation.seeds", 2000);
    private static final long FIRST = Long.getLong("simulation.first", 0);
    private static final long ONE = Long.getLong("simulation.seed", -1);

    @TempDir Path folder;

    @Test
    void everyPromiseHoldsUnderEverySeed() {
        ConcurrentMap<String, LongAdder> seen = new ConcurrentHashMap<>();
        LongStream seeds = ONE >= 0 ? LongStream.of(ONE) : LongStream.range(FIRST, FIRST + SEEDS);
        EmptyStore empty = new EmptyStore(folder);
        seeds.parallel().forEach(seed -> play(seed, empty, seen));
        if (ONE < 0) {
            assertThat(seen.keySet()).contains(everyFault());
            seen.forEach((what, count) -> assertThat(count.sum()).as(what).isPositive());
        }
    }

    private static String[] everyFault() {
        return Stream.concat(
                        Arrays.stream(SimulatedApi.Fault.values()),
                        Arrays.stream(SimulatedReceiver.Fault.values()))
                .map(Enum::name)
                .toArray(String[]::new);
    }

    private void play(long seed, EmptyStore empty, Map<String, LongAdder> seen) {
        Path file = empty.copy("seed-" + seed);
        Simulation simulation = new Simulation(seed, file);
        try {
            simulation.run();
        } catch (Violation | RuntimeException e) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + " broke a promise; replay it with: ./mvnw -pl core test"
                            + " -Dtest=SimulationTest -Dsimulation.seed="
                            + seed,
                    e);
        }
        simulation.api().fired.forEach((fault, n) -> add(seen, fault.name(), n));
        simulation.receiver().fired.forEach((fault, n) -> add(seen, fault.name(), n));
        Simulation.Tally tally = simulation.tally;
        add(seen, "answers", tally.answers);
        add(seen, "receipts", tally.receipts);
        add(seen, "crashes", tally.crashes);
        add(seen, "crashes at a write", tally.crashesAtWrite);
        add(seen, "clock steps", tally.clockSteps);
        add(seen, "reboots", tally.reboots);
        add(seen, "collapsed", tally.collapsed);
        add(seen, "cache hits", tally.hits);
        add(seen, "expired", tally.expired);
        add(seen, "cancelled", tally.cancelled);
        add(seen, "calls", tally.calls);
        add(seen, "looks whether somebody is at home", tally.looks);
        add(seen, "turns checked", tally.turnsChecked);
        add(seen, "fifths checked", tally.fifthsChecked);
        add(seen, "webhooks", tally.webhooks);
        add(seen, "stops", tally.stops);
        add(seen, "pauses", tally.pauses);
        add(seen, "store failures", tally.storeFailures);
        add(seen, "repeated with their keys", tally.repeated);
        add(seen, "probes", tally.probes);
        add(seen, "crowds with a thousand retries", tally.retriesInCrowds / 1000);
        add(seen, "turns checked in crowds", tally.turnsInCrowds);
        add(seen, "calls of a second upstream", tally.neighboursCalls);
        add(seen, "orders of a second upstream", tally.neighboursOrders);
        add(seen, "calls beside a blocked upstream", tally.besideBlocked);
        add(seen, "looks after store failures", tally.recoveries);
        add(seen, "results that waited for the store", tally.waitedForStore);
        add(seen, "weeks", tally.weeks);
        add(seen, "repeated with their keys hours later", tally.keysRepeated);
        add(seen, "repeated when their keys were over", tally.keysAnew);
        add(seen, "kept for almost the retention", tally.keptLong);
        add(seen, "told once more", tally.redelivered);
        add(seen, "limits kept to", tally.limited);
        add(seen, "closings", tally.closings);
        add(seen, "waits of webhooks", tally.webhookWaits);
        add(seen, "called at their time", tally.laterChecked);
        add(seen, "wanted at another time", tally.changed);
        add(seen, "floors checked", tally.floorsChecked);
        add(seen, "batches sent again", tally.sentAgain);
        add(seen, "operations", tally.operations);
        empty.delete(file);
    }

    private static void add(Map<String, LongAdder> seen, String what, int n) {
        seen.computeIfAbsent(what, _ -> new LongAdder()).add(n);
    }
}
