package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.webhook.VirtualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class StoreLogTest {
    private final VirtualTime time = new VirtualTime();
    private final StoreLog log = new StoreLog(() -> Instant.EPOCH.plus(time.elapsed()));
    private final Logger logger = (Logger) LoggerFactory.getLogger(StoreLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
        logger.setAdditive(false);
    }

    @AfterEach
    void end() {
        logger.detachAppender(lines);
        logger.setAdditive(true);
    }

    @Test
    void aFullDiskWritesALineInTenSecondsHoweverManyWaitForIt() {
        for (int i = 0; i < 200; i++) {
            log.failed("api: a result waits", new IllegalStateException("disk full"));
            time.run(Duration.ofMillis(100));
        }
        List<String> said = lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
        assertThat(said).hasSize(2);
        assertThat(said.getFirst()).contains("api: a result waits", "disk full");
        assertThat(said.getLast()).contains("99 failures more");
    }

    @Test
    void theNextOutageIsToldAtOnce() {
        log.failed("api: no work is given", null);
        time.run(StoreLog.APART);
        log.failed("api: no work is given", null);
        assertThat(lines.list).hasSize(2);
    }
}
