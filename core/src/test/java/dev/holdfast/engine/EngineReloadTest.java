package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.CONCURRENCY;
import static dev.holdfast.engine.EngineWorld.LIMIT;
import static dev.holdfast.engine.EngineWorld.ORDER;
import static dev.holdfast.engine.EngineWorld.SHOP;
import static dev.holdfast.engine.EngineWorld.SIGN;
import static dev.holdfast.engine.EngineWorld.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Allowance;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Status;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Ending;
import dev.holdfast.store.Reads;
import dev.holdfast.store.StoreUnavailable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine whose configuration changes while it runs, on virtual time. */
final class EngineReloadTest {
    @TempDir Path folder;
    private EngineWorld world;

    @BeforeEach
    void begin() {
        world = new EngineWorld(folder.resolve("store.db"));
    }

    @AfterEach
    void end() {
        world.close();
    }

    @Test
    void aLargerQuotaIsUsedAtOnce() {
        submit(20);
        assertThat(succeedAll()).isEqualTo(LIMIT);

        reload(limit(LIMIT + 4), SIGN, ORDER);

        assertThat(succeedAll()).isEqualTo(LIMIT + 4);
    }

    @Test
    void aLargerQuotaOfEachPartitionIsUsedAtOnce() {
        reload(each(1), SIGN, ORDER);
        for (int i = 0; i < 4; i++) {
            var _ =
                    world.submit(
                            EngineWorld.ask(SHOP, SIGN, "m" + i, Duration.ZERO).in("p" + i % 2));
        }
        assertThat(succeedAll()).as("one of each").isEqualTo(2);

        reload(each(2), SIGN, ORDER);

        assertThat(succeedAll()).isEqualTo(4);
    }

    @Test
    void aSmallerQuotaHoldsAtOnceForWhatIsInTheWindowAlready() {
        submit(20);
        world.time.run(SOON);
        assertThat(world.calls).hasSize(CONCURRENCY);

        reload(limit(CONCURRENCY), SIGN, ORDER);

        assertThat(succeedAll()).isEqualTo(CONCURRENCY);
        world.time.run(Duration.ofSeconds(59));
        assertThat(world.calls).hasSize(CONCURRENCY);
        world.time.run(Duration.ofSeconds(2));
        assertThat(succeedAll()).isEqualTo(2 * CONCURRENCY);
    }

    @Test
    void callsUnderWayEndAsTheyLeftAndCountAmongThoseAtOnce() {
        submit(20);
        world.time.run(SOON);
        List<EngineWorld.Call> before = List.copyOf(world.calls);

        reload(limit(100), SIGN, ORDER);

        assertThat(world.calls).hasSize(CONCURRENCY);
        before.getFirst().succeed();
        world.time.run(SOON);
        assertThat(world.calls).hasSize(CONCURRENCY + 1);
        assertThat(world.underWay()).isEqualTo(CONCURRENCY);
    }

    @Test
    void callsUnderWayThatFailAreRetriedByTheNewPolicy() {
        submit(1);
        world.time.run(SOON);
        Duration sooner = EngineWorld.BACKOFF.dividedBy(5);
        RetryPolicy fresh =
                new RetryPolicy(RetryPolicy.Backoff.FIXED, sooner, sooner, 0, 0, Duration.ZERO);
        reload(policy -> shared(policy, fresh, null), SIGN, ORDER);
        world.calls.getFirst().fail();
        world.time.run(sooner.plus(SOON));
        assertThat(world.calls).hasSize(2);
    }

    @Test
    void whatAnUpstreamThatIsReachedAnewSaysOfItsQuotaIsHeard() {
        UnaryOperator<UpstreamPolicy> with = policy -> shared(policy, policy.retry(), 0.1);
        reload(with, SIGN, ORDER);
        world.listener = _ -> {};
        Consumer<Upstream.Said> deaf = world.listener;
        reload(with, SIGN, ORDER);
        assertThat(world.listener).isNotSameAs(deaf);
    }

    @Test
    void ofAUnitThatOthersUseAndThatIsCountedSinceNobodyKnowsYetWhatIsLeft() {
        reload(policy -> shared(policy, policy.retry(), 0.0), SIGN, ORDER);
        submit(1);
        world.time.run(SOON);
        EngineWorld.Call first = world.calls.getFirst();
        Allowance many = new Allowance(LIMIT - 1, null, null, null);
        world.listener.accept(
                new Upstream.Said(first.what().requestId(), List.of(many), Map.of(), 0));
        first.succeed();
        world.time.run(SOON);
        Quota tokens = new Quota(List.of(new Window(100, Duration.ofMinutes(1))));
        reload(
                policy ->
                        shared(
                                policy,
                                new TreeMap<>(Map.of("tokens", tokens)),
                                policy.retry(),
                                0.0),
                SIGN,
                ORDER);
        submit(3);
        world.time.run(SOON);
        assertThat(world.underWay()).isEqualTo(1);
    }

    @Test
    void anotherCredentialHasALedgerOfItsOwnAndTheOldOneKeepsItsCalls() {
        reload(identity("a"), SIGN, ORDER);
        submit(30);
        assertThat(succeedAll()).isEqualTo(LIMIT);

        reload(identity("b"), SIGN, ORDER);
        assertThat(succeedAll()).isEqualTo(2 * LIMIT);

        reload(identity("a"), SIGN, ORDER);
        assertThat(succeedAll()).as("its window is full still").isEqualTo(2 * LIMIT);
    }

    @Test
    void aRouteThatIsTakenOutIsRefusedUntilItIsBack() {
        reload(limit(LIMIT), SIGN);
        CompletableFuture<Answer> refused =
                world.submit(EngineWorld.ask(SHOP, ORDER, "one", Duration.ZERO));
        assertThat(refused.join()).isInstanceOf(Answer.Refused.class);

        reload(limit(LIMIT), SIGN, ORDER);
        CompletableFuture<Answer> taken =
                world.submit(EngineWorld.ask(SHOP, ORDER, "one", Duration.ZERO));
        world.time.run(SOON);
        assertThat(succeedAll()).isEqualTo(1);
        assertThat(world.kept(taken).status()).isEqualTo(Status.SUCCEEDED);
    }

    @Test
    void whatCannotBeWrittenChangesNothing() {
        submit(20);
        assertThat(succeedAll()).isEqualTo(LIMIT);
        List<CompletableFuture<Void>> reloading = new ArrayList<>();

        world.whileTheDiskFails(() -> reloading.add(world.reload(identity("b"), SIGN)));

        assertThat(reloading.getFirst()).isCompletedExceptionally();
        world.time.run(SOON);
        assertThat(world.calls).as("in the old one's window").hasSize(LIMIT);
        assertThat(world.engine.routes()).hasSize(2);
        world.time.run(Duration.ofMinutes(2));
        assertThat(world.calls.size()).as("it goes on").isGreaterThan(LIMIT);
    }

    @Test
    void whatCannotBeReadHoldsItsCallsUntilTheStoreCountsThemAsBefore() {
        reload(identity("a"), SIGN, ORDER);
        submit(20);
        assertThat(succeedAll()).isEqualTo(LIMIT);
        // The store counts by the new credential already, and fails twice from here on.
        world.lookUps =
                look -> {
                    world.lookUps = Runnable::run;
                    world.faults.thrown.put("upstream", new StoreUnavailable("as told", null));
                    world.faults.thrown.put("identify", new StoreUnavailable("as told", null));
                    look.run();
                };

        CompletableFuture<Void> reloading = world.reload(identity("b"), SIGN);
        world.time.run(SOON);

        assertThat(reloading).isCompletedExceptionally();
        assertThat(world.faults.thrown).as("both fired").isEmpty();
        assertThat(world.calls).as("none counts in the new one's window").hasSize(LIMIT);
        assertThat(world.engine.routes()).hasSize(2);
        world.time.run(Duration.ofSeconds(50));
        assertThat(world.calls).as("in the old one's window").hasSize(LIMIT);
        world.time.run(Duration.ofSeconds(20));
        assertThat(succeedAll()).as("it goes on").isEqualTo(2 * LIMIT);
        reload(identity("b"), SIGN);
        assertThat(succeedAll()).as("the new one's window is all there").isEqualTo(3 * LIMIT);
    }

    @Test
    void whatCameWhileCallsWereHeldIsCalledForAsSoonAsTheyGoOn() {
        CompletableFuture<Void> silent = new CompletableFuture<>();
        world.faults.instead.put("identify", silent);
        CompletableFuture<Void> reloading = world.reload(identity("b"), SIGN);
        world.time.run(SOON);
        submit(1);
        world.time.run(SOON);
        assertThat(world.calls).as("while it is not known how they count").isEmpty();

        world.faults.instead.clear();
        silent.completeExceptionally(new StoreUnavailable("as told", null));
        world.time.run(SOON);

        assertThat(reloading).isCompletedExceptionally();
        assertThat(world.calls).hasSize(1);
    }

    @Test
    void aReloadThatTheStoreDoesNotTakeInTimeIsOverAndIsNotTakenLater() {
        reload(identity("a"), SIGN, ORDER);
        CompletableFuture<Void> silent = new CompletableFuture<>();
        world.faults.instead.put("identify", silent);

        CompletableFuture<Void> reloading = world.reload(identity("b"), SIGN);
        world.time.run(SOON);
        world.faults.instead.clear();
        world.time.run(Engine.RELOAD_WITHIN.minus(SOON.multipliedBy(2)));
        assertThat(reloading).isNotDone();
        world.time.run(SOON.multipliedBy(2));

        assertThat(reloading).isCompletedExceptionally();
        silent.complete(null);
        world.time.run(SOON);
        assertThat(world.engine.routes()).hasSize(2);
        submit(20);
        assertThat(succeedAll()).as("it goes on").isEqualTo(LIMIT);
    }

    @Test
    void aFailedRequestWhoseRouteIsTakenOutIsNotQueuedAnew() {
        CompletableFuture<Answer> asked =
                world.submit(EngineWorld.ask(SHOP, ORDER, "one", Duration.ZERO));
        world.time.run(SOON);
        world.calls
                .getFirst()
                .outcome()
                .complete(new Outcome.Failed(Outcome.Why.STATUS, 500, null, true));
        world.time.run(SOON);
        assertThat(world.kept(asked).status()).isEqualTo(Status.FAILED);

        reload(limit(LIMIT), SIGN);
        assertThat(retried(asked)).isEqualTo(Ending.What.ROUTE_GONE);
        assertThat(world.kept(asked).status()).isEqualTo(Status.FAILED);
        assertThat(world.engine.store().unfinished(10)).as("owed").isEmpty();

        reload(limit(LIMIT), SIGN, ORDER);
        assertThat(retried(asked)).isEqualTo(Ending.What.DONE);
        succeedAll();
        assertThat(world.kept(asked).status()).isEqualTo(Status.SUCCEEDED);
    }

    private Ending.What retried(CompletableFuture<Answer> asked) {
        CompletableFuture<Ending> ending =
                world.engine.retry(EngineWorld.ALL, world.kept(asked).id()).toCompletableFuture();
        world.time.run(SOON);
        assertThat(ending).isCompleted();
        return ending.join().what();
    }

    @Test
    void aLineWhoseRouteIsTakenOutIsNeitherMadeNorWritten() {
        Ask ask = EngineWorld.ask(SHOP, ORDER, "line", Duration.ZERO);
        Batches.Line made = world.line(ask);
        reload(limit(LIMIT), SIGN);

        assertThat(world.engine.line(ask)).isEqualTo(new Engine.AsLine.Gone());
        CompletableFuture<Batches.Written> refused = batch(made);
        assertThat(refused)
                .failsWithin(Duration.ZERO)
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(StoreUnavailable.class);
        assertThat(
                        world.reads()
                                .page(EngineWorld.ALL, new Reads.Query(null, null, null, 10, null))
                                .requests())
                .isEmpty();

        reload(limit(LIMIT), SIGN, ORDER);
        assertThat(batch(world.line(ask)).join().applied()).isTrue();
        assertThat(succeedAll()).isEqualTo(1);
    }

    /** Submits a batch of one line. */
    private CompletableFuture<Batches.Written> batch(Batches.Line line) {
        CompletableFuture<Batches.Written> written =
                world.engine
                        .store()
                        .batches()
                        .begin(new Batches.NewBatch(SHOP, null, null))
                        .thenCompose(
                                batch ->
                                        world.engine.submit(
                                                new Batches.Slice(
                                                        batch,
                                                        0,
                                                        List.of(line),
                                                        "digest",
                                                        true,
                                                        false,
                                                        Enum::name)))
                        .toCompletableFuture();
        world.time.run(SOON);
        return written;
    }

    private void reload(UnaryOperator<UpstreamPolicy> of, String... routes) {
        CompletableFuture<Void> reloading = world.reload(of, routes);
        world.time.run(SOON);
        assertThat(reloading).isCompleted();
    }

    private void submit(int asks) {
        for (int i = 0; i < asks; i++) {
            var _ = world.submit("m" + i);
        }
    }

    /** Has all calls succeed, and what leaves after them; how many there were in all. */
    private int succeedAll() {
        int known;
        do {
            known = world.calls.size();
            world.calls.stream()
                    .filter(call -> !call.outcome().isDone())
                    .toList()
                    .forEach(EngineWorld.Call::succeed);
            world.time.run(SOON);
        } while (world.calls.size() > known || world.underWay() > 0);
        return world.calls.size();
    }

    private static UpstreamPolicy shared(UpstreamPolicy policy, RetryPolicy retry, Double shared) {
        return shared(policy, policy.units(), retry, shared);
    }

    private static UpstreamPolicy shared(
            UpstreamPolicy policy,
            SortedMap<String, Quota> units,
            RetryPolicy retry,
            Double shared) {
        return new UpstreamPolicy(
                policy.name(),
                policy.quota(),
                units,
                policy.concurrency(),
                policy.timeout(),
                retry,
                policy.breaker(),
                shared,
                policy.maxQueue(),
                policy.identity());
    }

    private static UnaryOperator<UpstreamPolicy> each(int limit) {
        Quota quota = new Quota(List.of(new Window(limit, Duration.ofMinutes(1))));
        PartitionRules each =
                new PartitionRules(quota, Collections.emptySortedMap(), Integer.MAX_VALUE, false);
        return policy -> policy.with(each);
    }

    private static UnaryOperator<UpstreamPolicy> limit(int limit) {
        Quota quota = new Quota(List.of(new Window(limit, Duration.ofMinutes(1))));
        return policy -> changed(policy, quota, policy.identity());
    }

    private static UnaryOperator<UpstreamPolicy> identity(String identity) {
        return policy -> changed(policy, policy.quota(), identity);
    }

    private static UpstreamPolicy changed(UpstreamPolicy policy, Quota quota, String identity) {
        return new UpstreamPolicy(
                policy.name(),
                quota,
                policy.units(),
                policy.concurrency(),
                policy.timeout(),
                policy.retry(),
                policy.breaker(),
                policy.shared(),
                policy.maxQueue(),
                identity);
    }
}
