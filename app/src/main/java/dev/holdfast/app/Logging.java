package dev.holdfast.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Sets up logback in code: reading XML takes longer than all the rest of it at start. Lines go to
 * standard error, so that what a command prints stays clean.
 */
final class Logging {
    private static final String LINE = "%d{HH:mm:ss.SSS} %-5level %logger{0} - %msg%n%ex{short}";

    private Logging() {}

    /**
     * @param wanted {@code json} for JSON lines, {@code debug} for more, else human lines
     */
    static void configure(@Nullable String wanted) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        Encoder<ILoggingEvent> encoder = "json".equals(wanted) ? json() : lines();
        encoder.setContext(context);
        encoder.start();
        var appender = new ConsoleAppender<ILoggingEvent>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("dev.holdfast")
                .setLevel("debug".equals(wanted) ? Level.DEBUG : Level.INFO);
    }

    private static Encoder<ILoggingEvent> json() {
        var json = new JsonEncoder();
        json.setWithSequenceNumber(false);
        json.setWithContext(false);
        json.setWithNanoseconds(false);
        json.setWithFormattedMessage(true);
        json.setWithMessage(false);
        json.setWithArguments(false);
        return json;
    }

    private static Encoder<ILoggingEvent> lines() {
        var lines = new PatternLayoutEncoder();
        lines.setPattern(LINE);
        return lines;
    }
}
