package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the contracts of a {@link Store} whose upstream has partitions ask and claim with. */
abstract class StorePartitionFixture extends StoreLedgerContract {
    /** One that is due again and again at moments at which it gives nothing is wrong. */
    private static final int MANY_CLAIMS = 100;

    static final Duration MINUTE = Duration.ofMinutes(1);
    static final PartitionRules TWO_A_MINUTE = rules(2, 10, false);
    static final PartitionRules TEN_AT_ONCE = rules(100, 10, false);
    static final Quota PLENTY = new Quota(List.of(new Window(1_000, MINUTE)));

    static PartitionRules rules(int limit, int concurrency, boolean fifo) {
        return new PartitionRules(
                new Quota(List.of(new Window(limit, MINUTE))), new TreeMap<>(), concurrency, fifo);
    }

    Accepted.Held asks(String partition, String message) {
        return held(ask(SHOP, message).at(NewRequest.Place.USUAL.in(partition, false)));
    }

    void asks(String partition, String message, Map<String, Long> costs) {
        held(costing(message, costs).at(NewRequest.Place.USUAL.in(partition, false)));
    }

    NewRequest costing(String message, Map<String, Long> costs) {
        NewRequest ask = ask(SHOP, message);
        return new NewRequest(
                ask.id(),
                ask.client(),
                ask.maxPending(),
                ask.upstream(),
                ask.maxQueue(),
                ask.route(),
                ask.key(),
                ask.params(),
                ask.repeatable(),
                ask.cacheTtl(),
                null,
                null,
                null,
                null,
                ask.body(),
                ask.place(),
                null,
                Costs.of(costs));
    }

    Claim claims(int max, PartitionRules rules) {
        return claims(max, PLENTY, new TreeMap<>(), rules);
    }

    Claim claims(int max, Quota quota, SortedMap<String, Quota> units, PartitionRules rules) {
        return await(
                store.claim(
                        new ClaimAsk(
                                API,
                                quota,
                                units,
                                List.of(),
                                BreakerPolicy.DEFAULT,
                                max,
                                MINUTE,
                                rules)));
    }

    /** The first that gives a job, at the moments at which those before say to claim again. */
    Claim inTime(Supplier<Claim> claims) {
        Claim claim = claims.get();
        for (int i = 0; claim.jobs().isEmpty() && i < MANY_CLAIMS; i++) {
            passUntil(claim.nextAt());
            claim = claims.get();
        }
        assertThat(claim.jobs()).as("jobs, after %d claims", MANY_CLAIMS).isNotEmpty();
        return claim;
    }

    void passUntil(@Nullable Instant at) {
        assertThat(at).isNotNull();
        time.pass(Duration.between(store.clock().instant(), at));
    }

    static OwnRules own(@Nullable Integer limit, @Nullable Integer concurrency) {
        return new OwnRules(
                limit == null ? null : new Quota(List.of(new Window(limit, MINUTE))),
                new TreeMap<>(),
                concurrency,
                false);
    }

    static final OwnRules PAUSED = new OwnRules(null, new TreeMap<>(), null, true);

    void sets(String partition, OwnRules own) {
        assertThat(await(store.partitions().set(API, partition, own))).isPresent();
    }

    static OwnRules calledAs(String secret) {
        return new OwnRules(null, new TreeMap<>(), null, false, caller(secret));
    }

    static OwnHeaders caller(String secret) {
        return new OwnHeaders(new TreeMap<>(Map.of("authorization", secret, "x-team", "one two")));
    }

    List<Partitions.Seen> page(String after, int limit) {
        return store.partitions().page(API, TWO_A_MINUTE, after, limit);
    }

    /** More partitions than are changed by one transaction. */
    static final int MANY = 110;

    List<ClaimedJob> claimsAll() {
        return claimsAll(rules(1_000, 1, false));
    }

    List<ClaimedJob> claimsAll(PartitionRules rules) {
        List<ClaimedJob> calls = new ArrayList<>();
        Claim claim = claims(256, rules);
        while (!claim.jobs().isEmpty() || isDue(claim)) {
            calls.addAll(claim.jobs());
            claim = claims(256, rules);
        }
        return calls;
    }

    /** Whether it looked at as many as it does at once, and more are in line. */
    boolean isDue(Claim claim) {
        return claim.nextAt() != null && !claim.nextAt().isAfter(store.clock().instant());
    }

    void closes(ClaimedJob job, int status, Decision.Closing closing) {
        settles(
                job,
                status,
                Settlement.Arrival.ANSWERED,
                new Decision.Retry(Duration.ZERO, false, closing));
    }

    static PartitionRules tokens(int limit) {
        SortedMap<String, Quota> own = new TreeMap<>();
        own.put("tokens", new Quota(List.of(new Window(limit, MINUTE))));
        return new PartitionRules(Quota.NONE, own, 10, false);
    }

    void timesOut(ClaimedJob job) {
        Failure failure = new Failure(Failure.Reason.MAX_ATTEMPTS, null, null);
        settles(job, null, Settlement.Arrival.OPEN, new Decision.Fail(failure));
    }

    void settles(
            ClaimedJob job,
            @Nullable Integer status,
            Settlement.Arrival arrival,
            Decision decision) {
        Settlement settlement =
                new Settlement(
                        job, "word", status, arrival, Duration.ZERO, Duration.ZERO, decision);
        assertThat(await(store.settle(settlement)).applied()).isTrue();
    }

    /** How many there are of a table; of {@code upstream} those of partitions, too. */
    protected abstract long rows(String table) throws SQLException;
}
