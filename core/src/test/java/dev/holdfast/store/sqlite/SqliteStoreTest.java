package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreContract;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.partition.PartitionSql;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract on SQLite, on clocks that the test moves. */
final class SqliteStoreTest extends StoreContract {
    @TempDir Path folder;

    @Test
    void aClockThatWasSetFreesNoSlotAfterAReboot() {
        for (int i = 0; i < 20; i++) {
            held(SHOP, "m" + i);
        }
        claim(10).jobs().forEach(this::succeed);
        time.step(Duration.ofHours(1));
        store.close();
        time.reboot(Duration.ofSeconds(5));
        store = open();
        assertThat(claim(10).jobs()).as("an hour of which only the wall clock speaks").isEmpty();
        time.pass(HELD.minusMillis(1));
        assertThat(claim(10).jobs()).isEmpty();
        time.pass(Duration.ofMillis(1));
        assertThat(claim(10).jobs()).hasSize(10);
    }

    /** From then on a ledger's time is not the store's. */
    @Test
    void afterARebootASmallQuotaIsKeptAsAListOfItsCallsWouldKeepIt() {
        reboot();
        playSmall();
    }

    @Test
    void afterARebootALargeQuotaIsKeptAsAListOfItsCallsWouldKeepIt() {
        reboot();
        playLarge();
    }

    @Test
    void afterARebootAPartitionsCallsAreNotForgottenByTimeOfWhichOnlyTheWallClockSpeaks() {
        Quota two = new Quota(List.of(new Window(2, Duration.ofMinutes(1))));
        ClaimAsk ask =
                new ClaimAsk(
                        API,
                        TEN_A_MINUTE,
                        new TreeMap<>(),
                        List.of(),
                        BreakerPolicy.DEFAULT,
                        9,
                        Duration.ofMinutes(1),
                        new PartitionRules(two, new TreeMap<>(), 9, false));
        for (int i = 0; i < 3; i++) {
            held(ask(SHOP, "m" + i).at(NewRequest.Place.USUAL.in("a", false)));
        }
        List<ClaimedJob> calls = await(store.claim(ask)).jobs();
        assertThat(calls).hasSize(2);
        calls.forEach(this::succeed);
        time.step(options.ledger().multipliedBy(2));
        store.close();
        time.reboot(Duration.ofSeconds(5));
        store = open();
        prune();
        assertThat(await(store.claim(ask)).jobs()).isEmpty();
    }

    @Test
    void afterARebootAnAnswerFindsNothingThatWasGivenUpAfterItsCallLeft() {
        reboot();
        Quota one = new Quota(List.of(new Window(1, Duration.ofMinutes(1))));
        List<ClaimAsk.Credential> both =
                Stream.of("a", "b")
                        .map(
                                name ->
                                        new ClaimAsk.Credential(
                                                name, name, one, new TreeMap<>(), false))
                        .toList();
        held(SHOP, "lost");
        held(SHOP, "answered");
        List<ClaimedJob> calls =
                await(
                                store.claim(
                                        new ClaimAsk(
                                                API,
                                                TEN_A_MINUTE,
                                                new TreeMap<>(),
                                                both,
                                                BreakerPolicy.DEFAULT,
                                                9,
                                                Duration.ofMinutes(1))))
                        .jobs();
        assertThat(calls).hasSize(2);
        time.pass(Duration.ofSeconds(30));
        await(
                store.settle(
                        new Settlement(
                                calls.getFirst(),
                                "timeout",
                                null,
                                Settlement.Arrival.OPEN,
                                Duration.ZERO,
                                Duration.ZERO,
                                new Decision.Retry(Duration.ofHours(1), true, null))));
        time.pass(Duration.ofSeconds(1));
        succeed(calls.getLast());
        assertThat(store.upstream(API, TEN_A_MINUTE, Map.of(), both).credentials())
                .extracting(each -> each.slots().missing().calls())
                .containsExactlyInAnyOrder(1L, 0L);
    }

    @Test
    void afterARebootAProbeWaitsForWhatSettledAfterTheOthersWereGivenUp() {
        reboot();
        for (String message : List.of("a", "b", "c")) {
            held(SHOP, message);
        }
        List<ClaimedJob> calls = claim(3).jobs();
        ends(calls.get(0), Settlement.Arrival.OPEN);
        ends(calls.get(1), Settlement.Arrival.OPEN);
        time.pass(Duration.ofSeconds(40));
        ends(calls.get(2), Settlement.Arrival.OVER);
        Window one = new Window(1, Duration.ofMinutes(1));
        assertThat(claim(1, new Quota(List.of(one))).nextAt())
                .isEqualTo(store.clock().instant().plus(one.held()));
    }

    private void ends(ClaimedJob call, Settlement.Arrival arrival) {
        Decision again = new Decision.Retry(Duration.ZERO, true, null);
        Duration none = Duration.ZERO;
        await(store.settle(new Settlement(call, "timeout", null, arrival, none, none, again)));
    }

    private void reboot() {
        await(store.cancel(ADMIN, held(SHOP, "before").request().id())); // the clock is written
        store.close();
        time.reboot(Duration.ofMinutes(3));
        store = open();
    }

    @Test
    void whatEndedIsKeptForItsTimeByTheWallClockToo() {
        Accepted.Held held = held(SHOP, "m");
        fail(claimOne());
        time.step(Duration.ofHours(-1));
        time.pass(options.retention().failed().plusMinutes(1));
        prune();
        assertThat(store.reads().request(ADMIN, held.request().id())).isPresent();
        time.pass(Duration.ofHours(1));
        prune();
        assertThat(store.reads().request(ADMIN, held.request().id())).isEmpty();
    }

    @Test
    void theOldestThatWaitsIsFoundInAnIndex() throws SQLException {
        assertThat(plan(CommonSql.WAITING_SINCE))
                .containsExactly("SEARCH job USING INDEX job_waiting (route=?)");
        assertThat(plan(CommonSql.FLOWING_SINCE))
                .contains(
                        "SEARCH job USING INDEX job_waiting (route=?)",
                        "SEARCH q USING INTEGER PRIMARY KEY (rowid=?)");
    }

    @Test
    void whoUsedAQuotaIsReadFromTheNewestCallOnAndNoFurther() throws SQLException {
        assertThat(plan(CommonSql.CALLS_USED))
                .contains(
                        "SEARCH attempt USING INDEX attempt_in_flight (ledger=?)",
                        "SEARCH attempt USING INDEX attempt_settled (ledger=? AND settled>?)",
                        "SEARCH j USING INTEGER PRIMARY KEY (rowid=?)");
    }

    @Test
    void aPageOfTheBusiestPartitionsLooksAtNoOthers() throws SQLException {
        assertThat(plan(PartitionSql.BUSIEST))
                .contains(
                        "SEARCH upstream USING COVERING INDEX upstream_busy (parent=? AND busy=?"
                                + " AND partition>?)",
                        "SEARCH upstream USING COVERING INDEX upstream_busy (parent=? AND busy>?"
                                + " AND busy<?)")
                .noneMatch(step -> step.startsWith("SCAN upstream"));
        assertThat(plan(PartitionSql.REST))
                .contains(
                        "SEARCH upstream USING COVERING INDEX upstream_busy (parent=? AND busy=?"
                                + " AND partition>?)")
                .noneMatch(step -> step.startsWith("SCAN upstream"));
    }

    private List<String> plan(String sql) throws SQLException {
        List<String> plan = new ArrayList<>();
        try (Connection file =
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
                Statement statement = file.createStatement();
                ResultSet rows =
                        statement.executeQuery("EXPLAIN QUERY PLAN " + sql.replace("?", "'1'"))) {
            while (rows.next()) {
                plan.add(rows.getString("detail"));
            }
        }
        return plan;
    }

    @Test
    void anAskAndTheClaimBehindItAreOneCommitHoweverSoonTheWriterComes() {
        SqliteStore[] quick = new SqliteStore[1];
        quick[0] =
                SqliteStore.simulated(
                        folder.resolve("quick.db"),
                        options,
                        time.clocks(),
                        random,
                        WriteProbe.NONE,
                        () -> quick[0].runBatch());
        List<Integer> commits = new ArrayList<>();
        quick[0].watch(
                new CommitWatch() {
                    @Override
                    public void committed(int writes, long nanos) {
                        commits.add(writes);
                    }
                });
        ClaimAsk slot = new ClaimAsk(API, TEN_A_MINUTE, 1, Duration.ofMinutes(1));
        Store.Both<Accepted> both = quick[0].acceptAndClaim(ask(SHOP, "m"), () -> true, slot);
        assertThat(both.claim().toCompletableFuture().join().jobs()).hasSize(1);
        assertThat(commits).containsExactly(2);
        quick[0].close();
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
    protected long rows(String table) throws SQLException {
        try (Connection file =
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
                Statement statement = file.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
            row.next();
            return row.getLong(1);
        }
    }

    @Override
    public void prune() {
        while (await(((SqliteStore) store).prune())) {
            time.pass(Duration.ofMillis(1));
        }
    }
}
