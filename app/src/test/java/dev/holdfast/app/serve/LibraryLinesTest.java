package dev.holdfast.app.serve;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LibraryLinesTest {
    private final AtomicLong nanos = new AtomicLong();
    private final LoggerContext context = new LoggerContext();
    private final ListAppender<ILoggingEvent> written = new ListAppender<>();

    @BeforeEach
    void listen() {
        written.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(written);
        context.addTurboFilter(new LibraryLines(nanos::get));
    }

    @Test
    void whateverStrangersSendTheLogHasABound() {
        Logger library = context.getLogger("io.vertx.core.impl.ContextImpl");
        for (int i = 0; i < 1_000; i++) {
            library.error("Unhandled exception", new IllegalStateException("sent by a stranger"));
            assertThat(library.isErrorEnabled()).isTrue();
            library.info("no line at all");
        }
        assertThat(written.list).hasSize(LibraryLines.MOST);

        nanos.addAndGet(LibraryLines.WHILE.toNanos());
        library.error("once more");
        assertThat(written.list).hasSize(LibraryLines.MOST + 1);
        assertThat(written.list.getLast().getMessage()).isEqualTo("once more");
    }

    @Test
    void ourOwnLinesAreAllWritten() {
        Logger ours = context.getLogger("dev.holdfast.engine.Dispatcher");
        for (int i = 0; i < 100; i++) {
            ours.warn("a line");
        }
        assertThat(written.list).hasSize(100);
    }
}
