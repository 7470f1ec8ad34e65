package dev.holdfast.simulation.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulation.EmptyStore;
import dev.holdfast.simulation.Violation;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promises where an upstream has partitions, units and keys. {@code -Dsimulation.tenants=10000}
 * plays more seeds, {@code -Dsimulation.first=5000} begins with that one, {@code
 * -Dsimulation.seed=42} plays one again.
 */
final class TenantsSimulationTest {
    private static final long SEEDS = Long.getLong("simulation.tenants", 60);
    private static final long FIRST = Long.getLong("simulation.first", 0);
    private static final long ONE = Long.getLong("simulation.seed", -1);

    @TempDir Path folder;

    @Test
    void noLedgerIsOverAndNobodyHoldsUpOthers() {
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        LongStream seeds = ONE >= 0 ? LongStream.of(ONE) : LongStream.range(FIRST, FIRST + SEEDS);
        EmptyStore empty = new EmptyStore(folder);
        seeds.parallel().forEach(seed -> play(seed, empty, seen));
        // A few seeds from the middle need not see all.
        if (ONE < 0 && FIRST == 0) {
            String[] faults =
                    Arrays.stream(TenantsApi.Fault.values()).map(Enum::name).toArray(String[]::new);
            assertThat(seen.keySet())
                    .contains(faults)
                    .contains("crashes", "crashes at a write", "own rules", "reloads", "pauses")
                    .contains("too dear", "closed", "refused", "probes", "turns checked")
                    .contains("own rules under calls", "pauses of one", "second pauses")
                    .contains("own keys refused", "other keys", "other keys for refused ones")
                    .contains("beside the pool");
        }
    }

    private static void play(long seed, EmptyStore empty, Map<String, Integer> seen) {
        Path file = empty.copy("tenants-" + seed);
        TenantsSimulation simulation = new TenantsSimulation(seed, file);
        try {
            simulation.run();
        } catch (Violation | RuntimeException e) {
            throw new AssertionError(
                    "seed "
                            + seed
                            + " broke a promise; replay it with: ./mvnw -pl core test"
                            + " -Dtest=TenantsSimulationTest -Dsimulation.seed="
                            + seed,
                    e);
        }
        simulation.seen.forEach((what, n) -> seen.merge(what, n, Integer::sum));
        if (simulation.api().ownRefused > 0) {
            seen.merge("own keys refused", simulation.api().ownRefused, Integer::sum);
        }
        simulation.api().fired.forEach((fault, n) -> seen.merge(fault.name(), n, Integer::sum));
        empty.delete(file);
    }
}
