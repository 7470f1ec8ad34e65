package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.engine.EngineWorld.Call;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An upstream that counts tokens: a call costs as many as its message says, 100 a minute. */
@Timeout(60)
class UnitsTest {
    private static final String TOKENS = "tokens";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SortedMap<String, Quota> UNITS =
            new TreeMap<>(Map.of(TOKENS, new Quota(List.of(new Window(100, MINUTE)))));
    private static final CostRule BY_MESSAGE =
            new CostRule(JsonPointer.compile("/message"), 5, 0, 1_000, null);

    @TempDir private Path folder;
    private EngineWorld world;
    private Quota calls = Quota.NONE;
    private final List<String> underestimated = new ArrayList<>();

    @BeforeEach
    void start() {
        world =
                new EngineWorld(
                        folder.resolve("store.db"),
                        api ->
                                new UpstreamPolicy(
                                        api.name(),
                                        calls,
                                        UNITS,
                                        50,
                                        api.timeout(),
                                        api.retry(),
                                        api.breaker(),
                                        null,
                                        api.maxQueue(),
                                        null),
                        Map.of(TOKENS, BY_MESSAGE));
        world.watch =
                new EngineWatch() {
                    @Override
                    public void underestimated(String upstream, String unit, long more) {
                        underestimated.add(unit + " " + more);
                    }
                };
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void whatACallDidNotTakeIsUsedAtOnce() {
        ask("70", "60");
        assertThat(messages()).containsExactly("70");
        answer(0, 40L);
        world.time.run(EngineWorld.SOON);
        assertThat(messages()).containsExactly("70", "60");
    }

    @Test
    void whoDoesNotFitLeavesWhenItsTokensAreFree() {
        ask("80", "30");
        answer(0, 80L);
        Duration settled = world.time.elapsed();
        world.time.run(MINUTE.multipliedBy(2));
        assertThat(messages()).containsExactly("80", "30");
        Duration held = new Window(100, MINUTE).held();
        assertThat(world.calls.get(1).at())
                .isBetween(settled.plus(held), settled.plus(held).plus(EngineWorld.SOON));
    }

    @Test
    void whatCostsNothingLeavesWithTheNextSlotWhileTheTokensAreTaken() {
        calls = new Quota(List.of(new Window(1, Duration.ofSeconds(10))));
        close();
        start();
        ask("100");
        answer(0, 100L);
        world.time.run(EngineWorld.SOON);
        ask("0");
        world.time.run(Duration.ofSeconds(11));
        assertThat(messages()).containsExactly("100", "0");
    }

    @Test
    void moreThanWasReservedIsCounted() {
        ask("10");
        answer(0, 25L);
        world.time.run(EngineWorld.SOON);
        assertThat(underestimated).containsExactly("tokens 15");
        assertThat(unit().underestimated()).isEqualTo(15);
        assertThat(unit().taken()).containsExactly(25L);
    }

    @Test
    void aCallThatReachedNobodyTookNothing() {
        ask("100");
        world.calls.getFirst().findsNobody(Outcome.Why.REFUSED);
        world.time.run(EngineWorld.SOON);
        assertThat(unit().taken()).containsExactly(0L);
    }

    @Test
    void anAskThatCanNeverFitIsRefusedAtTheDoor() {
        CompletableFuture<Answer> answer = world.submit("101");
        world.time.run(EngineWorld.SOON);
        assertThat(answer.join())
                .isEqualTo(new Answer.Refused(Answer.Refusal.COST_OVER_LIMIT, null));
        assertThat(world.calls).isEmpty();
    }

    @Test
    void anEstimateKnowsHowManyTokensAreAhead() {
        ask("50", "50");
        ask("a", "b");
        CompletableFuture<Answer> answer = world.submit("90");
        world.time.run(EngineWorld.SOON);
        Answer.Receipt receipt = (Answer.Receipt) answer.join();
        assertThat(receipt.view().estimatedSeconds()).isGreaterThanOrEqualTo(60);
    }

    @Test
    void whatOnlyPartitionsHaveAQuotaInIsCountedInEach() {
        close();
        world =
                new EngineWorld(
                        folder.resolve("partitions.db"),
                        api ->
                                api.with(
                                        new PartitionRules(
                                                Quota.NONE, UNITS, Integer.MAX_VALUE, false)),
                        Map.of(TOKENS, BY_MESSAGE));
        askAs("a", "60");
        askAs("a", "70");
        askAs("b", "80");
        assertThat(messages()).containsExactly("60", "80");
        answer(0, 20L);
        world.time.run(EngineWorld.SOON);
        assertThat(messages()).containsExactly("60", "80", "70");
    }

    private void askAs(String partition, String message) {
        var _ =
                world.submit(
                        EngineWorld.ask(EngineWorld.SHOP, EngineWorld.SIGN, message, Duration.ZERO)
                                .in(partition));
        world.time.run(EngineWorld.SOON);
    }

    private void ask(String... messages) {
        for (String message : messages) {
            var _ = world.submit(message);
            world.time.run(EngineWorld.SOON);
        }
    }

    private void answer(int call, long used) {
        Call made = world.calls.get(call);
        made.outcome().complete(new Outcome.Done(new Result(200, "done"), Map.of(TOKENS, used)));
    }

    private List<String> messages() {
        return world.calls.stream().map(Call::message).toList();
    }

    private UpstreamView.UnitView unit() {
        var view = world.engine.upstream("api").toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        return view.join().orElseThrow().units().getFirst();
    }
}
