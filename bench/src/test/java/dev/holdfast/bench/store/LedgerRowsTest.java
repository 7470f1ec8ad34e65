package dev.holdfast.bench.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code holdfast bench ledger} measures is what a store would have written itself. */
class LedgerRowsTest {
    private static final long WAIT_SECONDS = 60;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void jobsThatAreWrittenStraightIntoAStoreAreCalledInTheirPartitionsTurns(boolean postgres)
            throws Exception {
        try (LedgerStore filled = filled(postgres, 5, 20);
                Store store = filled.open()) {
            assertThat(store.partitions().counts(LedgerRows.API))
                    .isEqualTo(new Partitions.Counts(5, 5, 0, 0, 0));
            assertThat(store.upstream(LedgerRows.API, Quota.NONE).queued()).isEqualTo(20);
            Claim claim = claim(store);
            assertThat(
                            claim.jobs().stream()
                                    .collect(
                                            Collectors.groupingBy(
                                                    ClaimedJob::partition, Collectors.counting())))
                    .hasSize(5)
                    .allSatisfy((_, calls) -> assertThat(calls).isEqualTo(2));
            assertThat(claim.state().queued()).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsBlockedStraightInAStoreIsNotCalled(boolean postgres) throws Exception {
        try (LedgerStore filled = filled(postgres, 200, 400)) {
            filled.block(200);
            try (Store store = filled.open()) {
                assertThat(store.partitions().counts(LedgerRows.API))
                        .isEqualTo(new Partitions.Counts(200, 200, 65, 0, 66));
                assertThat(claim(store).jobs())
                        .hasSize(6)
                        .extracting(ClaimedJob::partition)
                        .containsOnly(LedgerRows.key(0), LedgerRows.key(1), LedgerRows.key(2));
            }
        }
    }

    private LedgerStore filled(boolean postgres, long partitions, long jobs) throws Exception {
        LedgerStore filled = LedgerStore.of(folder.resolve("store"), postgres);
        filled.fill(partitions, jobs);
        return filled;
    }

    private static Claim claim(Store store) throws Exception {
        ClaimAsk ask =
                new ClaimAsk(
                        LedgerRows.API,
                        Quota.NONE,
                        new TreeMap<>(),
                        List.of(),
                        BreakerPolicy.DEFAULT,
                        10,
                        Duration.ofMinutes(1),
                        PartitionRules.NONE);
        return store.claim(ask).toCompletableFuture().get(WAIT_SECONDS, TimeUnit.SECONDS);
    }
}
