package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promises where calls leave with one of several keys, some of which are refused for a while:
 * as {@link SimulationTest}, with fewer seeds ({@code -Dsimulation.keys}; {@code -Dsimulation.seed}
 * replays one).
 */
final class KeysSimulationTest {
    private static final long SEEDS = Long.getLong("simulation.keys", 60);
    private static final long ONE = Long.getLong("simulation.seed", -1);

    @TempDir Path folder;

    @Test
    void noKeyIsUsedMoreThanItAllowsOrAfterItWasRefused() {
        AtomicInteger used = new AtomicInteger();
        AtomicInteger refusals = new AtomicInteger();
        LongStream seeds = ONE >= 0 ? LongStream.of(ONE) : LongStream.range(0, SEEDS);
        EmptyStore empty = new EmptyStore(folder);
        seeds.parallel()
                .forEach(
                        seed -> {
                            Path file = empty.copy("keys-" + seed);
                            Simulation simulation = Simulation.withKeys(seed, file, Flaw.NONE);
                            try {
                                simulation.run();
                            } catch (Violation | RuntimeException e) {
                                throw new AssertionError("seed " + seed, e);
                            }
                            used.addAndGet(simulation.keys().used() > 1 ? 1 : 0);
                            refusals.addAndGet(simulation.keys().refusals());
                            empty.delete(file);
                        });
        if (ONE < 0) {
            assertThat(used.get()).as("seeds with more than one key used").isPositive();
            assertThat(refusals.get()).as("refused calls").isPositive();
        }
    }
}
