package dev.holdfast.simulation.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulation.Violation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A sweep of seeds of several processes on one PostgreSQL, in the build one with every fault: it
 * takes a server some twenty seconds of a core. {@code -Dreplicas.seeds=1000} plays more, {@code
 * -Dreplicas.first=500} begins with that one, {@code -Dreplicas.seed=42} plays one again: the same
 * faults at the same times, though real threads have a say in what follows.
 */
final class ReplicasSimulationTest {
    private static final long SEEDS = Long.getLong("replicas.seeds", 1);
    private static final long FIRST = Long.getLong("replicas.first", 0);
    private static final long ONE = Long.getLong("replicas.seed", -1);

    @Test
    void everyPromiseHoldsWithSeveralProcessesUnderEverySeed() {
        Set<ReplicasFaults.Fault> seen = EnumSet.noneOf(ReplicasFaults.Fault.class);
        List<Integer> figures = new ArrayList<>(List.of(0, 0, 0, 0));
        LongStream seeds = ONE >= 0 ? LongStream.of(ONE) : LongStream.range(FIRST, FIRST + SEEDS);
        seeds.forEach(seed -> play(seed, seen, figures));
        if (ONE < 0 && FIRST == 0) {
            assertThat(seen).containsExactlyInAnyOrder(ReplicasFaults.Fault.values());
        }
        // One seed need not see all that chance brings.
        if (ONE < 0 && SEEDS >= 10) {
            assertThat(figures).as("calls, timeouts, hits, collapsed").allMatch(n -> n > 0);
        }
    }

    private static void play(long seed, Set<ReplicasFaults.Fault> seen, List<Integer> figures) {
        ReplicasSimulation simulation = new ReplicasSimulation(seed);
        try {
            simulation.run();
        } catch (Violation | RuntimeException e) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + " broke a promise; replay it with: ./mvnw -pl core test"
                            + " -Dtest=ReplicasSimulationTest -Dreplicas.seed="
                            + seed,
                    e);
        } finally {
            simulation.close();
        }
        seen.addAll(simulation.faults.fired.keySet());
        int[] more = {
            simulation.calls(),
            simulation.timeouts(),
            simulation.callers.hits,
            simulation.callers.collapsed
        };
        for (int i = 0; i < more.length; i++) {
            figures.set(i, figures.get(i) + more[i]);
        }
    }
}
