package dev.holdfast.app.serve;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.holdfast.app.config.LoggingSettings;
import dev.holdfast.app.config.LoggingSettings.Format;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.fieldnames.LogstashCommonFieldNames;
import net.logstash.logback.fieldnames.LogstashFieldNames;
import net.logstash.logback.stacktrace.ShortenedThrowableConverter;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Sets up logback in code: reading XML takes longer than all the rest of it at start. Lines go to
 * standard error, so that what a command prints stays clean.
 */
public final class Logging {
    private static final String LINE =
            "%d{HH:mm:ss.SSS} %-5level %logger{0} - %msg%replace( %kvp){'^ $', ''}%n%ex{short}";

    /** What is wanted for one run: {@code json} or {@code debug}. */
    public static final String VARIABLE = "HOLDFAST_LOG";

    /** Frames of an exception that a JSON line shows, for each of its causes. */
    private static final int MAX_FRAMES = 30;

    private Logging() {}

    /**
     * For the time before the configuration is read.
     *
     * @param wanted {@code json} for JSON lines, {@code debug} for more, else human lines
     */
    public static void configure(@Nullable String wanted) {
        configure(
                new LoggingSettings(
                        "json".equals(wanted) ? Format.JSON : Format.TEXT,
                        "debug".equals(wanted)
                                ? LoggingSettings.Level.DEBUG
                                : LoggingSettings.Level.INFO));
    }

    /** As configured, unless the environment has said otherwise for this very run. */
    public static void settle(LoggingSettings settings) {
        if (System.getenv(VARIABLE) == null) {
            configure(settings);
        }
    }

    public static void configure(LoggingSettings settings) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return;
        }
        Encoder<ILoggingEvent> encoder = settings.format() == Format.JSON ? json() : lines();
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
        context.resetTurboFilterList();
        context.addTurboFilter(new LibraryLines(System::nanoTime));
        context.getLogger("dev.holdfast").setLevel(Level.toLevel(settings.level().name()));
    }

    /** Runs something of which no line is written. */
    public static void quietly(Runnable what) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            what.run();
            return;
        }
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        Logger ours = context.getLogger("dev.holdfast");
        Level others = root.getLevel();
        Level usual = ours.getLevel();
        root.setLevel(Level.OFF);
        ours.setLevel(Level.OFF);
        try {
            what.run();
        } finally {
            root.setLevel(others);
            ours.setLevel(usual);
        }
    }

    private static Encoder<ILoggingEvent> json() {
        var json = new LogstashEncoder();
        json.setIncludeContext(false);
        json.setIncludeTags(false);
        json.setVersion(null);
        var names = new LogstashFieldNames();
        names.setTimestamp("time");
        names.setLogger("logger");
        names.setThread("thread");
        names.setLevelValue(LogstashCommonFieldNames.IGNORE_FIELD_INDICATOR);
        names.setVersion(LogstashCommonFieldNames.IGNORE_FIELD_INDICATOR);
        names.setStackTrace("error");
        json.setFieldNames(names);
        json.setTimeZone("UTC");
        var trace = new ShortenedThrowableConverter();
        trace.setMaxDepthPerThrowable(MAX_FRAMES);
        trace.setRootCauseFirst(true);
        json.setThrowableConverter(trace);
        return json;
    }

    private static Encoder<ILoggingEvent> lines() {
        var lines = new PatternLayoutEncoder();
        lines.setPattern(LINE);
        return lines;
    }
}
