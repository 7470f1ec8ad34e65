package dev.holdfast.engine;

import static dev.holdfast.engine.EngineWorld.BACKOFF;
import static dev.holdfast.engine.EngineWorld.SHOP;
import static dev.holdfast.engine.EngineWorld.SIGN;
import static dev.holdfast.engine.EngineWorld.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.loop.Alarm;
import dev.holdfast.engine.loop.StoreLog;
import dev.holdfast.request.Status;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests that are of no use after their time, on virtual time. */
final class ExpiryTest {
    /** Before the retry of a call that fails at once. */
    private static final Duration TIME = BACKOFF.dividedBy(2);

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
    void aRequestEndsAtItsTimeAndWhoeverTellsOfItIsHandedItsWebhook() {
        CompletableFuture<Answer> asked = waiting();
        world.time.run(TIME.minus(SOON.multipliedBy(2)));
        assertThat(world.kept(asked).status()).isEqualTo(Status.RETRYING);
        world.time.run(SOON.multipliedBy(2));
        assertThat(world.kept(asked).status()).isEqualTo(Status.EXPIRED);
        assertThat(world.handed)
                .singleElement()
                .satisfies(
                        delivery ->
                                assertThat(delivery.request().id())
                                        .isEqualTo(world.kept(asked).id()));
    }

    @Test
    void aRequestEndsSoonAfterItsTimeWhereTheStoreFailedThen() {
        CompletableFuture<Answer> asked = waiting();
        world.faults.thrown.put("expire", new LinkageError("a class is missing, as told"));
        world.time.run(TIME);
        assertThat(world.faults.thrown).isEmpty();
        assertThat(world.kept(asked).status()).isEqualTo(Status.RETRYING);
        world.time.run(StoreLog.PAUSE.plus(SOON));
        assertThat(world.kept(asked).status()).isEqualTo(Status.EXPIRED);
    }

    @Test
    void eachOfManyEndsAtItsOwnTime() {
        CompletableFuture<Answer> later = waiting("later", TIME.plus(SOON.multipliedBy(4)));
        CompletableFuture<Answer> sooner = waiting("sooner", TIME);
        world.time.run(TIME);
        assertThat(world.kept(sooner).status()).isEqualTo(Status.EXPIRED);
        assertThat(world.kept(later).status()).isEqualTo(Status.RETRYING);
        world.time.run(SOON.multipliedBy(4));
        assertThat(world.kept(later).status()).isEqualTo(Status.EXPIRED);
    }

    @Test
    void whereMoreIsDueOthersHaveTheStoreForAsLongAsThatTook() {
        Duration took = Alarm.LONGEST_FLOOR.multipliedBy(40);
        var _ = waiting();
        world.faults.always.add("expire");
        world.faults.meanwhile.put("expire", () -> world.time.clocks.pass(took));
        int before = world.faults.asked.getOrDefault("expire", 0);
        world.time.run(TIME);
        assertThat(world.faults.meanwhile).as("what was to take so long").isEmpty();
        assertThat(world.faults.asked.get("expire")).isEqualTo(before + 1);
        world.time.run(took.minus(SOON.multipliedBy(2)));
        assertThat(world.faults.asked.get("expire")).isEqualTo(before + 1);
        world.time.run(SOON.multipliedBy(4));
        assertThat(world.faults.asked.get("expire")).isGreaterThan(before + 1);
    }

    private CompletableFuture<Answer> waiting() {
        return waiting("m", TIME);
    }

    /** A request of no use after so long, whose call has failed and waits for its retry. */
    private CompletableFuture<Answer> waiting(String message, Duration time) {
        Ask.Webhook webhook = new Ask.Webhook(URI.create("https://shop.example/hook"), Map.of());
        Ask.Extras extras = new Ask.Extras(webhook, null, time, null);
        TreeMap<String, String> params = new TreeMap<>(Map.of("message", message));
        CompletableFuture<Answer> asked =
                world.submit(new Ask(SHOP, 1_000, SIGN, params, Duration.ZERO, null, extras));
        world.time.run(SOON);
        world.calls.getLast().fail();
        world.time.run(SOON);
        return asked;
    }
}
