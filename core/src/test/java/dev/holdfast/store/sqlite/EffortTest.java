package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Reads;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.queue.Queue;
import dev.holdfast.store.sql.Readers;
import dev.holdfast.store.sql.Session;
import dev.holdfast.store.sql.StoredReads;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.partition.StoredPartitions;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many statements it takes, and how many rows these look at: the same on both dialects. */
final class EffortTest extends StoreFixture {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final PartitionRules ONE_A_MINUTE =
            new PartitionRules(
                    new Quota(List.of(new Window(1, MINUTE))), new TreeMap<>(), 10, false);
    private static final Quota PLENTY = new Quota(List.of(new Window(100_000, MINUTE)));

    @TempDir Path folder;
    private Session reading;
    private Readers readers;

    @BeforeEach
    void connect() throws SQLException {
        reading =
                new Session(
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db")),
                        WriteProbe.NONE);
        readers =
                new Readers() {
                    @Override
                    public <T> T read(Work<T> work) {
                        try {
                            return work.run(reading);
                        } catch (SQLException e) {
                            throw new AssertionError(e);
                        }
                    }
                };
    }

    @AfterEach
    void disconnect() throws SQLException {
        reading.close();
    }

    @Test
    void aPageOfRequestsIsReadInThreeStatements() {
        for (int i = 0; i < 60; i++) {
            held(SHOP, "m" + i);
        }
        StoredReads reads = new StoredReads(readers);
        Reads.Query fifty = new Reads.Query(null, null, null, 50, null);
        Reads.Page first = reads.page(new Viewer(SHOP, false), fifty);
        assertThat(first.requests()).hasSize(50);
        assertThat(reading.ran()).as("which, how large, and what they are").isEqualTo(3);
        assertThat(reads.page(ADMIN, new Reads.Query(null, null, null, 200, null)).requests())
                .extracting(RequestRecord::params)
                .hasSize(60)
                .startsWith(first.requests().getFirst().params());
    }

    @Test
    void manyPartitionsAreReadInAStatementForEachLedgerAndTwoForAll() {
        List<String> keys = IntStream.range(0, 20).mapToObj(n -> "p" + n).toList();
        keys.forEach(key -> asks(key, "of " + key));
        assertThat(claims(20, ONE_A_MINUTE)).hasSize(20);
        StoredPartitions parts = new Looking(readers);
        assertThat(parts.some(API, PartitionRules.NONE, keys)).hasSize(20);
        assertThat(reading.ran())
                .as("what each has of its own, and where each counts")
                .isEqualTo(2);
        PartitionRules nine =
                new PartitionRules(
                        new Quota(List.of(new Window(9, MINUTE), new Window(500, MINUTE))),
                        new TreeMap<>(),
                        10,
                        false);
        long before = reading.ran();
        assertThat(parts.some(API, nine, keys))
                .hasSize(20)
                .allMatch(seen -> seen.slots().inFlight() == 1);
        assertThat(reading.ran() - before).isEqualTo(2 + 20);
    }

    /** Each is looked at once when it is blocked, and then by nobody. */
    @Test
    void aClaimCostsTheSameHoweverManyPartitionsAreBlocked() {
        long few = effortBeside(30);
        long many = effortBeside(150);
        assertThat(many).as("with 150, where it is %d with 30", few).isEqualTo(few);
    }

    /** A third is paused, a third has used up its own quota, and a third is refused. */
    private long effortBeside(int blocked) {
        for (int i = 0; i < blocked; i++) {
            String key = blocked + " " + i;
            asks(key, key + " first");
            asks(key, key + " second");
            if (i % 3 == 0) {
                OwnRules paused = new OwnRules(null, new TreeMap<>(), null, true, OwnHeaders.NONE);
                await(store.partitions().set(API, key, paused));
            }
        }
        int called = 0;
        for (List<ClaimedJob> jobs = claims(64, ONE_A_MINUTE);
                !jobs.isEmpty();
                jobs = claims(64, ONE_A_MINUTE)) {
            jobs.forEach(this::answered);
            called += jobs.size();
        }
        assertThat(called).as("what the others wait for").isEqualTo(blocked / 3 * 2);
        asks("free " + blocked, "free " + blocked);
        long before = ((SqliteStore) store).effort();
        assertThat(claims(1, ONE_A_MINUTE)).hasSize(1);
        assertThat(claims(1, ONE_A_MINUTE)).isEmpty();
        return ((SqliteStore) store).effort() - before;
    }

    private void answered(ClaimedJob job) {
        if (Integer.parseInt(job.params().replaceAll(".* (\\d+) .*", "$1")) % 3 == 1) {
            succeed(job);
        } else {
            Decision refused =
                    new Decision.Retry(Duration.ZERO, false, new Decision.Closing.Unauthorized());
            await(store.settle(new Settlement(job, "status", 401, Duration.ZERO, refused)));
        }
    }

    private void asks(String partition, String message) {
        held(ask(SHOP, message).at(NewRequest.Place.USUAL.in(partition, false)));
    }

    private List<ClaimedJob> claims(int max, PartitionRules each) {
        ClaimAsk ask =
                new ClaimAsk(
                        API,
                        PLENTY,
                        new TreeMap<>(),
                        List.of(),
                        BreakerPolicy.DEFAULT,
                        max,
                        MINUTE,
                        each);
        Claim claim = await(store.claim(ask));
        return claim.jobs();
    }

    /** Partitions as one looks who has no queue in memory. */
    private static final class Looking extends StoredPartitions {
        Looking(Readers readers) {
            super(readers);
        }

        @Override
        protected <T> CompletionStage<T> write(String upstream, Change<T> change) {
            throw new UnsupportedOperationException("it only looks");
        }

        @Override
        protected Moment moment() {
            return new Moment(Long.MAX_VALUE / 2, 0);
        }

        @Override
        protected Queue root(Session sql, String upstream) {
            return Queue.empty(1, upstream, 1);
        }

        @Override
        protected Map<String, Queue> look(Session sql, Queue root, List<String> keys) {
            return Map.of();
        }
    }

    @Override
    public Store open() {
        return SimulatedFile.open(this, folder);
    }

    @Override
    public <T> void drive(CompletableFuture<T> stage) {
        SimulatedFile.drive(store, stage);
    }

    @Override
    public void prune() {
        throw new UnsupportedOperationException("nothing is forgotten here");
    }
}
