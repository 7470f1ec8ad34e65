package dev.holdfast.rates.feed;

import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.QuietLog;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.rates.feed.Incoming.Trade;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** How messages are answered, whichever connection they come by. Safe for any thread. */
public final class Answering {
    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    private final WireTime wireTime = new WireTime();
    private final Converter converter;
    private final String target;
    private final InstantSource clock;
    private final RatesMetrics metrics;
    private final RecentMessages recent;
    private final QuietLog log =
            new QuietLog(
                    LoggerFactory.getLogger(Answering.class),
                    Level.WARN,
                    LOG_EVERY,
                    System::nanoTime);

    /**
     * Stakes are converted to one currency.
     *
     * @param target its code
     * @param clock wall time, for the date of the answers
     * @throws IllegalArgumentException when the target is no currency code
     */
    public Answering(
            Converter converter, String target, InstantSource clock, RatesMetrics metrics) {
        if (!target.matches("[A-Z0-9]{1,10}")) {
            throw new IllegalArgumentException("not a currency code: " + target);
        }
        this.converter = converter;
        this.target = target;
        this.clock = clock;
        this.metrics = metrics;
        this.recent = new RecentMessages(clock, System::nanoTime);
    }

    Incoming read(String frame) {
        return MessageReader.read(frame);
    }

    Converter converter() {
        return converter;
    }

    String target() {
        return target;
    }

    RatesMetrics metrics() {
        return metrics;
    }

    RecentMessages recent() {
        return recent;
    }

    /** Counts a frame that has no answer, and says so now and then. */
    void garbage(String words) {
        metrics.count(Counter.GARBAGE_FRAMES);
        log.say("a frame without an answer: " + words);
    }

    /** The answer at once, or null when the rates are not at hand. */
    @Nullable String answerNow(Trade trade) {
        Converted converted =
                converter.convertNow(trade.stake(), trade.currency(), target, trade.day());
        return converted == null ? null : answer(trade, converted);
    }

    String answer(Trade trade, Converted converted) {
        recent.answered(trade, converted);
        return switch (converted) {
            case Converted.Amount amount -> {
                metrics.count(Counter.CONVERTED);
                yield MessageWriter.answer(
                        trade,
                        Conversion.literal(amount.value()),
                        target,
                        wireTime.write(clock.millis()));
            }
            case Converted.Impossible impossible -> error(trade.id(), impossible.error());
        };
    }

    /** The answer to a message that cannot be used, and why. */
    String unusable(String id, String words) {
        recent.unusable(id, words);
        return error(id, new RateError.InvalidMessage(words));
    }

    String error(String id, RateError error) {
        metrics.error(error.reason());
        return MessageWriter.error(id, error.words());
    }
}
