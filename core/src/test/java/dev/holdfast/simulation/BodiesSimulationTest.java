package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The simulation with large bodies and answers, through crashes at any write, failing disks and
 * reboots: what was promised leaves and comes back byte for byte, and nothing else is left after a
 * sweep. {@code -Dsimulation.bodies=10000} plays more seeds, {@code -Dsimulation.seed=4711} one.
 */
final class BodiesSimulationTest {
    private static final long SEEDS = Long.getLong("simulation.bodies", 30);
    private static final long ONE = Long.getLong("simulation.seed", -1);

    @TempDir Path folder;

    @Test
    void aLargeBodyIsThereAsLongAsItIsNeededAndNoLonger() {
        AtomicInteger arrived = new AtomicInteger();
        AtomicInteger checked = new AtomicInteger();
        AtomicInteger broken = new AtomicInteger();
        LongStream seeds = ONE >= 0 ? LongStream.of(ONE) : LongStream.range(0, SEEDS);
        EmptyStore empty = new EmptyStore(folder);
        seeds.parallel()
                .forEach(
                        seed -> {
                            Path file = empty.copy("bodies-" + seed);
                            Simulation simulation = Simulation.withBodies(seed, file);
                            try {
                                simulation.run();
                            } catch (Violation | RuntimeException e) {
                                throw new AssertionError("seed " + seed, e);
                            }
                            arrived.addAndGet(simulation.bodies().arrived());
                            checked.addAndGet(simulation.bodies().checked());
                            broken.addAndGet(simulation.bodies().broken());
                            empty.delete(file);
                        });
        if (ONE < 0) {
            assertThat(arrived.get()).as("large bodies that were called with").isPositive();
            assertThat(checked.get()).as("large answers that were whole").isPositive();
            assertThat(broken.get()).as("bodies that were broken off").isPositive();
        }
    }
}
