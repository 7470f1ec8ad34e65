package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.engine.loop.SummedLog;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.request.Body;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Costs;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Outcome;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class UpstreamLogTest {
    private static final Duration ALONE = Duration.ofSeconds(30);
    private static final Instant NOW = Instant.EPOCH;
    private static final Outcome THROTTLED = new Outcome.Throttled(429, ALONE);
    private static final Decision.Closing CLOSING = new Decision.Closing.For(ALONE);

    private final Deque<Runnable> later = new ArrayDeque<>();
    private final UpstreamLog log =
            new UpstreamLog(
                    "api",
                    (_, task) -> {
                        later.add(task);
                        return () -> {};
                    });
    private final Logger logger = (Logger) LoggerFactory.getLogger(UpstreamLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
        logger.setLevel(Level.INFO);
    }

    @AfterEach
    void end() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @Test
    void whatTheStoreSaysBeforeItKnowsOfTheClosingEndsNothing() {
        log.closed(THROTTLED, CLOSING);
        log.seen(state(null), NOW);
        assertThat(said()).hasSize(1).first().asString().contains("left alone for 30 s");
        log.seen(state(NOW.plus(ALONE)), NOW);
        log.seen(state(NOW.plus(ALONE)), NOW.plus(ALONE));
        log.seen(state(null), NOW.plus(ALONE));
        assertThat(said()).hasSize(2).last().asString().contains("is called again");
    }

    @Test
    void manyAnswersThatCloseAtOnceAreSummedUp() {
        for (int i = 0; i < 500; i++) {
            log.closed(THROTTLED, CLOSING);
        }
        later.remove().run();
        assertThat(said())
                .hasSize(SummedLog.MOST + 1)
                .last()
                .asString()
                .contains("490 more answers");
    }

    @Test
    void whatIsSaidOfAPartitionIsToldOfItAndInBoundedLines() {
        log.closed(
                new Outcome.Unauthorized("no"), settled(401, new Decision.Closing.Unauthorized()));
        log.closed(THROTTLED, settled(429, CLOSING));
        assertThat(said()).hasSize(2).allMatch(line -> line.contains("partition tenant-7"));
        log.closed(new Outcome.Throttled(503, ALONE), settled(503, CLOSING));
        assertThat(said()).hasSize(3).last().asString().doesNotContain("tenant-7");
        lines.list.clear();
        for (int i = 0; i < 500; i++) {
            log.closed(THROTTLED, settled(429, CLOSING));
        }
        later.forEach(Runnable::run);
        assertThat(said())
                .hasSize(SummedLog.MOST - 2 + 1)
                .last()
                .asString()
                .contains("492 more answers");
    }

    private static Settlement settled(int status, Decision.Closing closing) {
        ClaimedJob job =
                new ClaimedJob(
                        1,
                        1,
                        1,
                        0,
                        Duration.ZERO,
                        true,
                        "api",
                        "/say",
                        "{}",
                        new UUID(0, 0),
                        false,
                        Duration.ZERO,
                        null,
                        Body.none(),
                        Costs.NONE,
                        null,
                        "tenant-7",
                        OwnHeaders.NONE);
        return new Settlement(
                job,
                "word",
                status,
                Duration.ZERO,
                new Decision.Retry(Duration.ZERO, false, closing));
    }

    private List<String> said() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    private static UpstreamState state(@Nullable Instant closedUntil) {
        return new UpstreamState(
                UpstreamState.UNKNOWN.slots(),
                Map.of(),
                ByPriority.NONE,
                ByPriority.NONE,
                0,
                closedUntil,
                null,
                null,
                false);
    }
}
