package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Failure;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.Claim;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.sql.WriteProbe;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Backups, and what a store does that was restored from one; on clocks that the test moves. */
final class CopyTest extends StoreFixture {
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final Quota QUOTA = new Quota(List.of(new Window(10, WINDOW)));
    private static final Duration HELD = QUOTA.memory();

    @TempDir Path folder;

    @Test
    void afterARestoreNoCallLeavesUntilWhatMayHaveBeenCalledSinceTheBackupHasLeftTheWindow()
            throws IOException {
        for (int i = 0; i < 40; i++) {
            held(SHOP, "m" + i);
        }
        Path backup = backUp();
        assertThat(claim(10).jobs()).as("the store goes on").hasSize(10);

        restore(backup);

        assertThat(claim(10).jobs()).isEmpty();
        time.pass(HELD.minusMillis(1));
        assertThat(claim(10).jobs()).isEmpty();
        time.pass(Duration.ofMillis(1));
        List<ClaimedJob> probe = claim(10).jobs();
        assertThat(probe).as("one finds out whether the upstream has all").hasSize(1);
        probe.forEach(this::succeed);
        assertThat(claim(10).jobs()).as("calls that were on their way came until now").isEmpty();
        time.pass(HELD);
        assertThat(claim(20).jobs()).hasSize(10);
    }

    @Test
    void whatIsToldOfSlotsAfterARestoreIsWhenOneFrees() throws IOException {
        held(SHOP, "m");
        restore(backUp());

        Claim none = claim(10);
        assertThat(none.nextAt()).isEqualTo(store.clock().instant().plus(HELD));
    }

    @Test
    void aRestartAfterARestoreDoesNotBeginItsWaitAnew() throws IOException {
        held(SHOP, "m");
        restore(backUp());
        time.pass(HELD.dividedBy(2));
        store.close();
        store = open();
        time.pass(HELD.dividedBy(2).plusMillis(1));

        assertThat(claim(10).jobs()).hasSize(1);
    }

    @Test
    void anUpstreamThatTheBackupDoesNotKnowWaitsToo() throws IOException {
        restore(backUp());
        NewRequest ask = ask(SHOP, "new");
        held(at(ask, "later"));

        assertThat(claimAt("later").jobs()).isEmpty();
        time.pass(HELD.minusMillis(1));
        assertThat(claimAt("later").jobs()).isEmpty();
        time.pass(Duration.ofMillis(1));
        assertThat(claimAt("later").jobs()).hasSize(1);
    }

    @Test
    void aPartitionThatTheBackupDoesNotKnowWaitsToo() throws IOException {
        restore(backUp());
        held(ask(SHOP, "new").at(NewRequest.Place.USUAL.in("tenant", false)));

        assertThat(claimInPartitions()).isEmpty();
        time.pass(HELD.minusMillis(1));
        assertThat(claimInPartitions()).isEmpty();
        time.pass(Duration.ofMillis(1));
        assertThat(claimInPartitions()).hasSize(1);
    }

    @Test
    void whatMustNotBeCalledTwiceFailsAsUncertainAndIsToldOf() throws IOException {
        Accepted.Held once = held(with(unrepeatable("order"), HOOK, null, null));
        Accepted.Held again = held(ask(SHOP, "signature"));
        Accepted.Held tried = held(unrepeatable("tried"));
        claim(3).jobs().forEach(job -> retryAfter(job, Duration.ofHours(1)));
        Accepted.Held waiting = held(unrepeatable("waiting"));
        Path backup = backUp();

        restore(backup);

        for (Accepted.Held held : List.of(once, tried, waiting)) {
            RequestRecord request = record(held);
            assertThat(request.status()).isEqualTo(Status.FAILED);
            Failure failure = request.failure();
            assertThat(failure).isNotNull();
            assertThat(failure.reason()).isEqualTo(Failure.Reason.UNCERTAIN);
            assertThat(failure.detail()).contains("restored from a copy of");
        }
        assertThat(record(again).status()).isEqualTo(Status.RETRYING);
        assertThat(await(store.deliveries().claim(10, WINDOW)).deliveries()).hasSize(1);
        time.pass(Duration.ofDays(1));
        assertThat(claim(10).jobs()).as("only what may be called twice").hasSize(1);
    }

    @Test
    void moreThanOneTransactionsWorthOfThemFails() throws IOException {
        for (int i = 0; i < 300; i++) {
            held(unrepeatable("order " + i));
        }
        restore(backUp());

        assertThat(store.unfinished(1_000)).isEmpty();
    }

    @Test
    void aBackupIsForItsUserAloneAndNothingIsLeftBesideIt() throws IOException {
        Path backup = backUp();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .allMatch(name -> name.equals("backup.db") || name.startsWith("store.db"));
        }
    }

    @Test
    void aBackupWritesOverNothing() throws IOException {
        Path there = Files.writeString(folder.resolve("backup.db"), "mine");

        assertThatThrownBy(() -> SqliteCopies.backUp(file(), there, wall, NO_ONE))
                .isInstanceOf(StoreUnavailable.class)
                .hasMessageContaining("is there already");
        assertThat(there).hasContent("mine");
    }

    @Test
    void aRestoreLeavesAStoreAloneUnlessForcedAndThenPutsItAside() throws IOException {
        Path backup = backUp();
        Accepted.Held later = held(SHOP, "later");
        store.close();
        byte[] bytes = Files.readAllBytes(backup);

        assertThatThrownBy(() -> put(bytes, false))
                .isInstanceOf(StoreUnavailable.class)
                .hasMessageContaining("--force");
        Path aside = put(bytes, true);

        store = open();
        assertThat(store.reads().request(ADMIN, later.request().id())).isEmpty();
        store.close();
        Files.move(aside, file(), StandardCopyOption.REPLACE_EXISTING);
        store = open();
        assertThat(store.reads().request(ADMIN, later.request().id())).isPresent();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void cutAfterAnyMoveOfARestoreAStartServesEitherStoreWhole(int moves) throws IOException {
        Accepted.Held first = held(SHOP, "first");
        Path checked = Files.copy(backUp(), folder.resolve("checked"));
        Accepted.Held later = held(SHOP, "later");
        Path cut = folder.resolve("cut.db");
        for (String end : TakingPlace.FILES) { // as a crash leaves it, with its log
            Files.copy(TakingPlace.beside(file(), end), TakingPlace.beside(cut, end));
        }
        assertThat(TakingPlace.beside(cut, "-wal")).isNotEmptyFile();
        int[] left = {moves};
        TakingPlace cutting =
                new TakingPlace(
                        cut,
                        (from, to) -> {
                            if (left[0]-- == 0) {
                                throw new IOException("cut, as told");
                            }
                            Files.move(from, to);
                        });

        if (moves < 5) {
            assertThatThrownBy(() -> cutting.take(checked, "1")).hasMessage("cut, as told");
        } else {
            cutting.take(checked, "1");
        }

        assertThat(has(cut, first)).isTrue();
        assertThat(has(cut, later)).as("the old one").isEqualTo(moves == 0);
        Path aside = folder.resolve("cut.db.before-restore-1");
        if (moves == 0) {
            assertThat(aside).doesNotExist();
        } else {
            assertThat(has(aside, later)).as("with its log").isTrue();
        }
        assertThat(folder.resolve("cut.db.restored-1")).doesNotExist();
    }

    private boolean has(Path file, Accepted.Held held) {
        try (SqliteStore served = SqliteStore.open(file, options, time.clocks(), WriteProbe.NONE)) {
            return served.reads().request(ADMIN, held.request().id()).isPresent();
        }
    }

    @Test
    void aStoreThatSomebodyReadsIsNotRestored() throws IOException, SQLException {
        byte[] bytes = Files.readAllBytes(backUp());
        Accepted.Held before = held(SHOP, "before");
        try (Connection reading = new SqliteFile(file(), true).reader();
                Statement statement = reading.createStatement()) {
            reading.setAutoCommit(false);
            statement.executeQuery("SELECT count(*) FROM request").close();
            held(SHOP, "after the reader's moment");
            store.close();

            assertThatThrownBy(() -> put(bytes, true))
                    .isInstanceOf(StoreUnavailable.class)
                    .hasMessageContaining("somebody reads");
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .allMatch(name -> name.equals("backup.db") || name.startsWith("store.db"))
                    .noneMatch(name -> name.contains("restor"));
        }
        store = open();
        assertThat(record(before).status()).isEqualTo(Status.QUEUED);
        store.close();
        assertThat(put(bytes, true)).as("nobody reads it any more").isNotNull();
        store = open();
    }

    @Test
    void aDamagedBackupIsRefusedAndTheStoreStays() throws IOException {
        Accepted.Held before = held(SHOP, "before");
        byte[] damaged = Files.readAllBytes(backUp());
        for (int i = damaged.length / 2; i < damaged.length; i += 64) {
            damaged[i] ^= 0x55;
        }
        store.close();

        assertThatThrownBy(() -> put(damaged, true)).isInstanceOf(StoreUnavailable.class);
        assertThatThrownBy(() -> put("no database at all".getBytes(StandardCharsets.UTF_8), true))
                .isInstanceOf(StoreUnavailable.class);

        store = open();
        assertThat(record(before).status()).isEqualTo(Status.QUEUED);
    }

    @Test
    void aStoreThatIsServedIsNotRestored() throws IOException {
        byte[] bytes = Files.readAllBytes(backUp());
        try (SqliteStore serving = SqliteStore.open(folder.resolve("served.db"), options)) {
            assertThat(serving.healthy()).isTrue();
            assertThatThrownBy(
                            () ->
                                    SqliteCopies.restore(
                                            new ByteArrayInputStream(bytes),
                                            bytes.length,
                                            folder.resolve("served.db"),
                                            true,
                                            wall,
                                            NO_ONE))
                    .isInstanceOf(StoreUnavailable.class)
                    .hasMessageContaining("in use by another Holdfast");
        }
    }

    private final InstantSource wall = time.clocks().wall();

    private static final SqliteCopies.Progress NO_ONE =
            new SqliteCopies.Progress() {
                @Override
                public void copied(long bytes, long of) {}

                @Override
                public void checking() {}
            };

    private Path file() {
        return folder.resolve("store.db");
    }

    private Path backUp() {
        Path backup = folder.resolve("backup.db");
        assertThat(SqliteCopies.backUp(file(), backup, wall, NO_ONE)).isPositive();
        return backup;
    }

    private void restore(Path backup) throws IOException {
        store.close();
        put(Files.readAllBytes(backup), true);
        store = open();
    }

    private Path put(byte[] backup, boolean force) {
        return SqliteCopies.restore(
                new ByteArrayInputStream(backup), backup.length, file(), force, wall, NO_ONE);
    }

    private RequestRecord record(Accepted.Held held) {
        return store.reads().request(ADMIN, held.request().id()).orElseThrow();
    }

    private NewRequest unrepeatable(String message) {
        NewRequest ask = ask(SHOP, message);
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                JobKey.of(ask.route(), new TreeMap<>(Map.of("m", message))),
                ask.params(),
                false,
                Duration.ZERO,
                null,
                null,
                null,
                null);
    }

    private static NewRequest at(NewRequest ask, String upstream) {
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                upstream,
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                true,
                Duration.ZERO,
                null,
                null,
                null,
                null);
    }

    private Claim claimAt(String upstream) {
        return await(store.claim(new ClaimAsk(upstream, QUOTA, 10, Duration.ofMinutes(1))));
    }

    /** Of an upstream without a quota of its own. */
    private List<ClaimedJob> claimInPartitions() {
        var each = new PartitionRules(QUOTA, new TreeMap<>(), 10, false);
        return await(
                        store.claim(
                                new ClaimAsk(
                                        API,
                                        Quota.NONE,
                                        new TreeMap<>(),
                                        List.of(),
                                        BreakerPolicy.DEFAULT,
                                        10,
                                        WINDOW,
                                        each)))
                .jobs();
    }

    @Override
    public Store open() {
        return SqliteStore.simulated(
                file(), options, time.clocks(), random, WriteProbe.NONE, () -> {});
    }

    @Override
    public <T> void drive(CompletableFuture<T> stage) {
        while (!stage.isDone()) {
            ((SqliteStore) store).runBatch();
        }
    }

    @Override
    public void prune() {
        await(((SqliteStore) store).prune());
    }
}
