package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.request.CostRule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An upstream each of whose partitions is allowed 100 tokens a minute, and some of them others. */
@Timeout(60)
class PartitionedTest {
    private static final String TOKENS = "tokens";
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final CostRule BY_MESSAGE =
            new CostRule(JsonPointer.compile("/message"), 5, 0, 1_000, null);
    private static final Answer TOO_DEAR = new Answer.Refused(Answer.Refusal.COST_OVER_LIMIT, null);

    @TempDir private Path folder;
    private EngineWorld world;

    @BeforeEach
    void start() {
        world =
                new EngineWorld(
                        folder.resolve("store.db"),
                        PartitionedTest::policy,
                        Map.of(TOKENS, BY_MESSAGE));
    }

    private static UpstreamPolicy policy(UpstreamPolicy api) {
        return api.with(new PartitionRules(Quota.NONE, tokens(100), 1_000, false));
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void whatAPartitionMayTakeOfItsOwnDecidesAtTheDoor() {
        sets("large", new OwnRules(Quota.NONE, tokens(300), null, false));
        sets("small", new OwnRules(Quota.NONE, tokens(10), null, false));
        sets("free", new OwnRules(Quota.NONE, tokens(null), null, false));
        sets("slow", new OwnRules(null, new TreeMap<>(), 1, false));
        assertThatTheDoorKnows();
        world.crash();
        assertThatTheDoorKnows();
        CompletableFuture<Void> reloaded =
                world.reload(PartitionedTest::policy, EngineWorld.SIGN, EngineWorld.ORDER);
        world.time.run(EngineWorld.SOON);
        assertThat(reloaded).isCompleted();
        assertThatTheDoorKnows();
        sets("large", OwnRules.NONE);
        sets("small", OwnRules.NONE);
        assertThat(isTooDear("large", 101)).isTrue();
        assertThat(isTooDear("small", 100)).isFalse();
    }

    @Test
    void whatAnotherProcessGaveBeforeIsFoundWhenOneIsGivenSomethingHere() {
        var elsewhere =
                world.engine
                        .store()
                        .partitions()
                        .set("api", "large", new OwnRules(Quota.NONE, tokens(300), null, false))
                        .toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        assertThat(elsewhere).isCompleted();
        assertThat(isTooDear("large", 300)).as("nobody has told").isTrue();
        sets("small", new OwnRules(Quota.NONE, tokens(10), null, false));
        world.time.run(EngineWorld.SOON);
        assertThat(isTooDear("large", 300)).isFalse();
        assertThat(isTooDear("small", 11)).isTrue();
    }

    private void assertThatTheDoorKnows() {
        world.lookUps =
                _ -> {
                    throw new AssertionError("an ask waits for a look into the store");
                };
        assertThat(isTooDear("large", 300)).isFalse();
        assertThat(isTooDear("large", 301)).isTrue();
        assertThat(isTooDear("small", 10)).isFalse();
        assertThat(isTooDear("small", 11)).isTrue();
        assertThat(isTooDear("free", 1_000)).isFalse();
        for (String usual : new String[] {"slow", "unheard of"}) {
            assertThat(isTooDear(usual, 100)).isFalse();
            assertThat(isTooDear(usual, 101)).isTrue();
        }
        world.lookUps = Runnable::run;
    }

    /** As an ask, and as a line of a batch. */
    private boolean isTooDear(String partition, int cost) {
        Ask ask = ask(partition, Integer.toString(cost));
        boolean line = world.engine.line(ask) instanceof Engine.AsLine.TooDear;
        CompletableFuture<Answer> answer = world.submit(ask);
        boolean refused = answer.isDone() && answer.join().equals(TOO_DEAR);
        assertThat(line).isEqualTo(refused);
        return refused;
    }

    private static Ask ask(String partition, String message) {
        return EngineWorld.ask(EngineWorld.SHOP, EngineWorld.ORDER, message, Duration.ZERO)
                .in(partition);
    }

    private static SortedMap<String, Quota> tokens(@Nullable Integer limit) {
        SortedMap<String, Quota> units = new TreeMap<>();
        if (limit != null) {
            units.put(TOKENS, new Quota(List.of(new Window(limit, MINUTE))));
        }
        return units;
    }

    private void sets(String partition, OwnRules own) {
        CompletableFuture<Boolean> set =
                world.engine.partitions().set("api", partition, own).toCompletableFuture();
        world.time.run(EngineWorld.SOON);
        assertThat(set).isCompletedWithValue(true);
    }
}
