package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.EngineWorld.Call;
import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Outcome;
import dev.holdfast.store.ClaimAsk;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An upstream whose calls leave with one of two keys: three a minute with a, two with b. */
@Timeout(60)
class CredentialsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @TempDir private Path folder;
    private EngineWorld world;
    private String key = "first";
    private Quota all = Quota.NONE;
    private boolean draining;

    @BeforeEach
    void start() {
        world =
                new EngineWorld(
                        folder.resolve("store.db"),
                        api ->
                                new UpstreamPolicy(
                                                api.name(),
                                                all,
                                                api.units(),
                                                50,
                                                api.timeout(),
                                                api.retry(),
                                                api.breaker(),
                                                null,
                                                api.maxQueue(),
                                                "pool")
                                        .with(
                                                List.of(
                                                        credential("a", key, 3, draining),
                                                        credential("b", "b", 2, false)))
                                        .with(PartitionRules.NONE));
    }

    private static ClaimAsk.Credential credential(
            String name, String identity, int calls, boolean draining) {
        return new ClaimAsk.Credential(
                name,
                identity,
                new Quota(List.of(new Window(calls, MINUTE))),
                Collections.emptySortedMap(),
                draining);
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void eachCallLeavesWithOneThatHasASlot() {
        ask(6);
        assertThat(credentials()).containsExactlyInAnyOrder("a", "a", "a", "b", "b");
        world.calls.forEach(Call::succeed);
        Duration settled = world.time.elapsed();
        world.time.run(MINUTE.multipliedBy(2));
        assertThat(world.calls).hasSize(6);
        Duration held = new Window(1, MINUTE).held();
        assertThat(world.calls.get(5).at())
                .isBetween(settled.plus(held), settled.plus(held).plus(EngineWorld.SOON));
    }

    @Test
    void whoseCredentialIsItsPartitionsOwnWaitsForNoneOfThem() {
        setOwn();
        ask(6);
        assertThat(world.calls).as("there is no more room").hasSize(5);
        CompletableFuture<Answer> answer = askAsItself();
        assertThat(world.calls).hasSize(6);
        Call call = world.calls.getLast();
        assertThat(call.what().credential()).isNull();
        assertThat(call.what().headers()).isEqualTo(OWN);
        assertThat(answer).as("a result may come in time").isNotDone();
        call.succeed();
        world.time.run(EngineWorld.SOON);
        assertThat(answer).isCompletedWithValueMatching(Answer.Ready.class::isInstance);
    }

    @Test
    void whoseCredentialIsItsPartitionsOwnGoesOnWhereAllOthersAreOut() {
        setOwn();
        refuseAll();
        int before = world.calls.size();
        CompletableFuture<Answer> answer = askAsItself();
        assertThat(world.calls).hasSize(before + 1);
        assertThat(world.calls.getLast().what().headers()).isEqualTo(OWN);
        assertThat(answer).as("a result may come in time").isNotDone();
    }

    @Test
    void whoCallsAsItselfWaitsForTheUpstreamsSlotsAlone() {
        Window four = new Window(4, Duration.ofSeconds(3));
        all = new Quota(List.of(four));
        close();
        start();
        setOwn();
        refuseAll();
        Duration settled = world.time.elapsed();
        var _ = askAsItself();
        assertThat(world.calls).as("the upstream has no slot").hasSize(4);
        world.time.run(four.held());
        assertThat(world.calls).as("before one that is out is tried again").hasSize(5);
        assertThat(world.calls.getLast().at())
                .isLessThan(settled.plus(four.held()).plus(EngineWorld.SOON));
    }

    @Test
    void oneThatIsRefusedIsUsedNoMoreButForSingleCallsNowAndThen() {
        ask(1);
        refuse(world.calls.getFirst());
        assertThat(credentials()).containsExactly("a", "b");
        assertThat(state("a")).isEqualTo("out");
        assertThat(view().unauthorizedFor()).isNull();
        world.calls.get(1).succeed();
        ask(2);
        assertThat(credentials()).containsExactly("a", "b", "b");
        world.time.run(Duration.ofSeconds(10));
        assertThat(credentials()).as("a probe").containsExactly("a", "b", "b", "a");
        ask(1);
        assertThat(world.calls).as("one only").hasSize(4);
        world.calls.get(3).succeed();
        world.time.run(EngineWorld.SOON);
        assertThat(state("a")).isEqualTo("open");
        assertThat(credentials()).endsWith("a", "a");
    }

    @Test
    void whereAllAreOutTheUpstreamIs() {
        refuseAll();
        int before = world.calls.size();
        world.time.run(Duration.ofSeconds(5));
        assertThat(world.calls).hasSize(before);
        var resumed = world.engine.pause("api", false);
        world.time.run(EngineWorld.SOON);
        assertThat(resumed).isNotNull();
        assertThat(world.calls).as("a has a slot left").hasSize(before + 1);
    }

    @Test
    void aNewKeyIsUsedAtOnceAndTheOldOnesRefusalIsNotItsOwn() {
        ask(1);
        refuse(world.calls.getFirst());
        close();
        key = "second";
        start();
        assertThat(state("a")).isEqualTo("open");
    }

    @Test
    void oneThatDrainsTakesNothingNew() {
        draining = true;
        close();
        start();
        ask(4);
        assertThat(credentials()).containsExactly("b", "b");
        assertThat(state("a")).isEqualTo("draining");
    }

    @Test
    void anEstimateKnowsWhatAllOfThemAllow() {
        ask(5);
        CompletableFuture<Answer> answer = world.submit("sixth");
        world.time.run(EngineWorld.SOON);
        Answer.Receipt receipt = (Answer.Receipt) answer.join();
        assertThat(receipt.view().estimatedSeconds()).isGreaterThanOrEqualTo(60);
        assertThat(view().freeSlots()).isZero();
    }

    private int asked;

    private void ask(int many) {
        for (int i = 0; i < many; i++) {
            var _ = world.submit("m" + asked++);
            world.time.run(EngineWorld.SOON);
        }
    }

    private static final OwnHeaders OWN =
            new OwnHeaders(new TreeMap<>(Map.of("authorization", "own")));

    private void setOwn() {
        var set =
                world.engine
                        .partitions()
                        .set("api", "own", new OwnRules(null, new TreeMap<>(), null, false, OWN))
                        .toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        assertThat(set).isCompletedWithValue(true);
    }

    private CompletableFuture<Answer> askAsItself() {
        Ask ask =
                EngineWorld.ask(
                        EngineWorld.SHOP,
                        EngineWorld.SIGN,
                        "own" + asked++,
                        EngineWorld.ANSWER_WITHIN);
        CompletableFuture<Answer> answer = world.submit(ask.in("own"));
        world.time.run(EngineWorld.SOON);
        return answer;
    }

    private void refuseAll() {
        ask(2);
        do {
            world.calls.forEach(CredentialsTest::refuseOne);
            world.time.run(EngineWorld.SOON);
        } while (view().unauthorizedFor() == null);
    }

    private void refuse(Call call) {
        refuseOne(call);
        world.time.run(EngineWorld.SOON);
    }

    private static void refuseOne(Call call) {
        call.outcome().complete(new Outcome.Unauthorized("no such key"));
    }

    private List<String> credentials() {
        return world.calls.stream().map(call -> call.what().credential()).toList();
    }

    private String state(String name) {
        return view().credentials().stream()
                .filter(each -> each.name().equals(name))
                .map(CredentialView::state)
                .findFirst()
                .orElseThrow();
    }

    private UpstreamView view() {
        var view = world.engine.upstream("api").toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        return view.join().orElseThrow();
    }
}
