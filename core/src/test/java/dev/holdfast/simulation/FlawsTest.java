package dev.holdfast.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation finds what it is there to find: each flaw breaks its promise within 200 seeds. */
@Timeout(120)
final class FlawsTest {
    private static final long SEEDS = 200;

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aFlawIsFound(Flaw flaw) {
        EmptyStore empty = new EmptyStore(folder);
        assertThat(LongStream.range(0, SEEDS).anyMatch(seed -> breaks(flaw, empty, seed)))
                .as("%s breaks %s within %d seeds", flaw, flaw.promise(), SEEDS)
                .isTrue();
    }

    private static boolean breaks(Flaw flaw, EmptyStore empty, long seed) {
        try {
            new Simulation(seed, empty.copy("seed-" + seed), flaw).run();
            return false;
        } catch (Violation broken) {
            return broken.promise().equals(flaw.promise());
        }
    }
}
