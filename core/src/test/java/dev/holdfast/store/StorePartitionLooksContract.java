package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link Store} tells of partitions: one, some, pages of them, and how many. */
abstract class StorePartitionLooksContract extends StorePartitionHeadersContract {
    @Test
    void whatAnOperatorPausedIsNotTheOldestThatCouldGo() {
        Instant asked = store.clock().instant();
        asks("a", "first");
        asks("a", "second");
        time.pass(Duration.ofSeconds(10));
        asks("b", "third");
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked);

        sets("a", PAUSED);
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked.plusSeconds(10));
        sets("b", PAUSED);
        assertThat(store.reads().waitingSince(ROUTE)).as("nothing is to flow").isEmpty();
        sets("a", own(null, 1));
        assertThat(store.reads().waitingSince(ROUTE)).contains(asked);
    }

    @Test
    void whatAllHaveOfTheirOwnIsReadAtOnceAndOnlyWhereItChanged() {
        assertThat(store.partitions().own(API, -1)).contains(new Partitions.Own(0, Map.of()));
        sets("a", own(4, 2));
        sets("b", PAUSED);
        sets("a", OwnRules.NONE);
        sets("\u00fc", own(1, null));
        reopen();
        Partitions.Own all = store.partitions().own(API, 0).orElseThrow();
        assertThat(all.all()).isEqualTo(Map.of("b", PAUSED, "\u00fc", own(1, null)));
        assertThat(store.partitions().own(API, all.version())).isEmpty();
        assertThat(await(store.partitions().set(API, "b", OwnRules.NONE)))
                .contains(new Partitions.Given(all.version() + 1, OwnRules.NONE));
        assertThat(store.partitions().own(API, all.version()))
                .contains(new Partitions.Own(all.version() + 1, Map.of("\u00fc", own(1, null))));
        assertThat(store.partitions().own("another", -1)).contains(new Partitions.Own(0, Map.of()));
    }

    @Test
    void someAreReadAtOnceAsTheyStand() {
        assertThat(store.partitions().some(API, TWO_A_MINUTE, List.of("a")).getFirst().queued())
                .isZero();
        for (int i = 0; i < 3; i++) {
            asks("a", "a" + i);
        }
        asks("b", "b0");
        sets("idle", PAUSED);
        claims(1, TWO_A_MINUTE);
        closes(claims(1, TWO_A_MINUTE).jobs().getFirst(), 401, new Decision.Closing.Unauthorized());
        List<Partitions.Seen> some =
                store.partitions().some(API, TWO_A_MINUTE, List.of("idle", "b", "a", "none"));
        assertThat(some.stream().map(Partitions.Seen::key))
                .containsExactly("idle", "b", "a", "none");
        assertThat(some.getFirst().own()).isEqualTo(PAUSED);
        assertThat(some.get(1).unauthorizedSince()).isNotNull();
        Partitions.Seen a = some.get(2);
        assertThat(a.firstTries().of(Priority.NORMAL)).isEqualTo(2);
        assertThat(a.running()).isEqualTo(1);
        assertThat(a.slots().inFlight()).isEqualTo(1);
        assertThat(a.among()).isEqualTo(2);
        assertThat(some.get(3).slots().inFlight()).isZero();
    }

    @Test
    void partitionsAreListedByTheirKeysAPageAfterTheOther() {
        for (String key : List.of("b", "ü", "a b", "B", "c/d")) {
            asks(key, "of " + key);
        }
        asks("b", "more");
        sets("idle", own(7, 3));
        List<Partitions.Seen> first = page("", 4);
        assertThat(first.stream().map(Partitions.Seen::key))
                .containsExactly("B", "a b", "b", "c/d");
        assertThat(first.get(2).queued()).isEqualTo(2);
        List<Partitions.Seen> rest = page("c/d", 4);
        assertThat(rest.stream().map(Partitions.Seen::key)).containsExactly("idle", "ü");
        assertThat(rest.getFirst().own()).isEqualTo(own(7, 3));
        assertThat(rest.getFirst().rules().concurrency()).isEqualTo(3);
        assertThat(page("ü", 4)).isEmpty();
    }

    @Test
    void theBusiestAreListedFirstAndThenThoseWithSomethingOfTheirOwn() {
        sets("idle", own(7, 3));
        sets("few", own(7, 3));
        for (String key : List.of("few", "ü", "a b", "many")) {
            int jobs = key.equals("many") ? 40 : key.equals("a b") ? 3 : 2;
            for (int i = 0; i < jobs; i++) {
                asks(key, "of " + key + " " + i);
            }
        }
        Partitions.Busiest first = busiest(Partitions.Place.FIRST, 3);
        assertThat(keys(first)).containsExactly("many", "a b", "few");
        assertThat(first.last()).isEqualTo(new Partitions.Place(2, "few"));
        Partitions.Busiest rest = busiest(first.last(), 3);
        assertThat(keys(rest)).containsExactly("ü", "idle");
        assertThat(keys(busiest(rest.last(), 3))).isEmpty();
        reopen();
        assertThat(keys(busiest(Partitions.Place.FIRST, 3))).containsExactly("many", "a b", "few");
    }

    @Test
    void whoseJobsAreCalledIsBusyNoMore() {
        asks("a", "1");
        asks("a", "2");
        asks("b", "3");
        asks("c", "4");
        assertThat(claims(3, TWO_A_MINUTE).jobs()).hasSize(3);
        Partitions.Busiest page = busiest(Partitions.Place.FIRST, 9);
        assertThat(page.all().getFirst().key()).isEqualTo("a");
        assertThat(page.all().getFirst().queued()).isEqualTo(1);
        assertThat(keys(page)).containsExactly("a", "b", "c");
        assertThat(page.last()).isEqualTo(new Partitions.Place(0, "c"));
    }

    private Partitions.Busiest busiest(Partitions.Place after, int limit) {
        return store.partitions().busiest(API, TWO_A_MINUTE, after, limit);
    }

    private static List<String> keys(Partitions.Busiest page) {
        return page.all().stream().map(Partitions.Seen::key).toList();
    }

    /** What one that is not escaped, folded, trimmed or read as a number would be mixed up with. */
    private static final List<String> KEYS =
            List.of(
                    "a b",
                    "a  b",
                    " a",
                    "a ",
                    "a",
                    "A",
                    "\u00fc",
                    "u\u0308",
                    "\u00dc",
                    "ue",
                    "stra\u00dfe",
                    "strasse",
                    "\ud83d\ude00",
                    "\ud83d\ude01",
                    "7",
                    "07",
                    "7.0",
                    "1e3",
                    "1000",
                    "-0",
                    "'",
                    "''",
                    "\"",
                    "\"a\"",
                    "`",
                    "%",
                    "%%",
                    "%25",
                    "a%20b",
                    "_",
                    "?",
                    "\\",
                    "\\\\",
                    "a/b",
                    "{a}",
                    "null",
                    "NULL",
                    "true",
                    "\t",
                    "a\nb",
                    "x".repeat(256),
                    "x".repeat(255));

    @Test
    void whateverAPartitionsKeyIsItIsFoundAgainAfterARestart() {
        Map<String, UUID> waiting = new HashMap<>();
        for (String key : KEYS) {
            asks(key, "first of " + KEYS.indexOf(key));
            waiting.put(key, asks(key, "second of " + KEYS.indexOf(key)).request().id());
            sets(key, own(7 + KEYS.indexOf(key), 1));
        }
        List<ClaimedJob> first = claimsAll();
        assertThat(first.stream().map(ClaimedJob::partition))
                .containsExactlyInAnyOrderElementsOf(KEYS);
        reopen();
        List<Partitions.Seen> page = page("", KEYS.size() + 1);
        assertThat(page.stream().map(Partitions.Seen::key))
                .containsExactlyInAnyOrderElementsOf(KEYS);
        List<Partitions.Seen> some = store.partitions().some(API, TWO_A_MINUTE, KEYS);
        assertThat(some.stream().map(Partitions.Seen::key)).containsExactlyElementsOf(KEYS);
        Map<String, OwnRules> all = store.partitions().own(API, -1).orElseThrow().all();
        assertThat(all).hasSameSizeAs(KEYS);
        for (String key : KEYS) {
            OwnRules its = own(7 + KEYS.indexOf(key), 1);
            assertThat(all).containsEntry(key, its);
            for (Partitions.Seen each : List.of(seen(key), some.get(KEYS.indexOf(key)))) {
                assertThat(each.own()).as(key).isEqualTo(its);
                assertThat(each.queued()).as(key).isEqualTo(1);
                assertThat(each.running()).as(key).isEqualTo(1);
                assertThat(each.slots().inFlight()).as(key).isEqualTo(1);
            }
            assertThat(listed(SHOP_VIEW, Status.QUEUED, key)).containsExactly(waiting.get(key));
        }
        assertThat(claimsAll()).as("each makes one call at once").isEmpty();
        first.forEach(this::succeed);
        List<ClaimedJob> second = claimsAll();
        assertThat(second).hasSameSizeAs(KEYS);
        for (ClaimedJob job : second) {
            assertThat(job.request()).isEqualTo(waiting.get(String.valueOf(job.partition())));
        }
    }

    @Test
    void howManyPartitionsThereAreOfEachKindIsKnownWithoutLookingAtEach() {
        for (String key : List.of("a", "b", "c", "d", "e")) {
            asks(key, "first of " + key);
        }
        for (ClaimedJob job : claims(5, PartitionRules.NONE).jobs()) {
            switch (String.valueOf(job.partition())) {
                case "a" -> closes(job, 429, new Decision.Closing.For(Duration.ofSeconds(40)));
                case "b" -> closes(job, 401, new Decision.Closing.Unauthorized());
                case "c" -> succeed(job);
                default -> {} // goes on
            }
        }
        asks("d", "second of d");
        asks("d", "third of d");
        sets("d", PAUSED);
        sets("idle", PAUSED);
        Partitions.Counts counts = new Partitions.Counts(5, 3, 2, 1, 1);
        assertThat(store.partitions().counts(API)).isEqualTo(counts);
        reopen();
        assertThat(store.partitions().counts(API)).isEqualTo(counts);
        time.pass(Duration.ofSeconds(41));
        assertThat(store.partitions().counts(API)).isEqualTo(new Partitions.Counts(5, 3, 2, 0, 1));
        sets("d", OwnRules.NONE);
        assertThat(claims(10, PartitionRules.NONE).jobs()).hasSize(4);
        assertThat(store.partitions().counts(API).waiting()).isZero();
        assertThat(store.partitions().counts("another")).isEqualTo(Partitions.Counts.NONE);
    }

    @Test
    void aFilterChoosesThoseOfOnePartition() {
        UUID one = asks("a", "a0").request().id();
        asks("b", "b0");
        Operations.Filter ofA =
                new Operations.Filter(
                        null, null, null, null, API, "a", null, null, null, null, null);
        time.pass(Duration.ofMillis(1));
        Operations.OperationRecord begun =
                await(
                                store.operations()
                                        .begin(
                                                new Operations.NewOperation(
                                                        ADMIN,
                                                        Operations.Act.CANCEL,
                                                        ofA,
                                                        false,
                                                        0)))
                        .orElseThrow();
        assertThat(begun.filter()).isEqualTo(ofA);
        assertThat(store.operations().choose(begun).ids()).containsExactly(one);
    }

    @Test
    void aPartitionTellsWhatIsTakenAndWhyItWaits() {
        for (int i = 0; i < 4; i++) {
            asks("a", "a" + i);
        }
        Claim both = claims(10, TWO_A_MINUTE);
        succeed(both.jobs().getFirst());
        Partitions.Seen hot = seen("a");
        assertThat(hot.queued()).isEqualTo(2);
        assertThat(hot.running()).isEqualTo(1);
        assertThat(hot.slots().inFlight()).isEqualTo(1);
        assertThat(
                        Quota.taken(
                                TWO_A_MINUTE.quota().windows().getFirst(),
                                hot.slots(),
                                store.clock().instant()))
                .isEqualTo(2);
        closes(both.jobs().get(1), 401, new Decision.Closing.Unauthorized());
        assertThat(seen("a").unauthorizedSince()).isNotNull();
        assertThat(seen("a").closedUntil()).isNotNull();
        assertThat(seen("a").retrying()).isEqualTo(1);
        Partitions.Seen unheard = seen("nobody");
        assertThat(unheard.queued() + unheard.running()).isZero();
        assertThat(unheard.slots().inFlight()).isZero();
        assertThat(store.partitions().partition("none", "a", TWO_A_MINUTE).queued()).isZero();
    }

    private Partitions.Seen seen(String key) {
        return store.partitions().partition(API, key, TWO_A_MINUTE);
    }

    @Test
    void whatWaitsInPartitionsIsTheUpstreamsToo() {
        asks("a", "a0");
        Accepted.Held second = asks("a", "a1");
        asks("b", "b0");
        assertThat(second.position()).isEqualTo(2);
        assertThat(store.upstream(API, PLENTY).queued()).isEqualTo(3);
        Claim claim = claims(1, PartitionRules.NONE);
        assertThat(claim.state().queued()).isEqualTo(2);
        reopen();
        assertThat(store.upstream(API, PLENTY).queued()).isEqualTo(2);
        assertThat(store.unfinished(10)).containsExactly(new Store.Unfinished(API, ROUTE, 3));
    }

    @Test
    void aListIsOfOnePartitionWhateverBecameOfItsRequests() {
        UUID ended = asks("a", "a0").request().id();
        claims(10, TWO_A_MINUTE).jobs().forEach(this::succeed);
        UUID waits = asks("a", "a1").request().id();
        asks("A", "a2");
        asks("b", "b0");
        held(SHOP, "of none");
        held(ask(OTHER, "another's").at(NewRequest.Place.USUAL.in("a", false)));

        assertThat(listed(SHOP_VIEW, null, "a")).containsExactlyInAnyOrder(waits, ended);
        assertThat(listed(SHOP_VIEW, Status.QUEUED, "a")).containsExactly(waits);
        assertThat(listed(ADMIN, null, "a")).hasSize(3);
        assertThat(listed(ADMIN, null, "")).isEmpty();
    }

    private List<UUID> listed(Viewer viewer, @Nullable Status status, String partition) {
        var query = new Reads.Query(status, null, null, partition, null, null, null, null, 9, null);
        return store.reads().list(viewer, query).stream().map(RequestRecord::id).toList();
    }
}
