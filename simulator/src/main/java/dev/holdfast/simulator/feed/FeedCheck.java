package dev.holdfast.simulator.feed;

import dev.holdfast.simulator.feed.FeedMessages.Sent;
import dev.holdfast.simulator.rates.RateTable;
import dev.holdfast.simulator.rates.ReferenceRates;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whether an answer is right, reckoned anew from the ECB's history and apart from any converter.
 */
final class FeedCheck {
    private static final Pattern UTC_MILLIS =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z");
    private static final Pattern PLAIN_NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");
    private static final String REFUSAL = "Unable to convert stake. Error: ";
    private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(5);

    /** What an answer is. */
    sealed interface Finding {
        /** The right amount, all else as it was sent. */
        record Converted() implements Finding {}

        /** An error with its reason, and there was no converting it. */
        record RightlyRefused(String reason) implements Finding {}

        /** An error with its reason for what could have been converted. */
        record Refused(String reason) implements Finding {}

        /** Anything else. */
        record Wrong(String why) implements Finding {}
    }

    private final ReferenceRates history;
    private final FeedLimits limits;
    private final Map<LocalDate, Optional<RateTable>> tables = new HashMap<>();

    FeedCheck(ReferenceRates history, FeedLimits limits) {
        this.history = history;
        this.limits = limits;
    }

    /** The amount that is right, or nothing if there is no rate for it. */
    Optional<BigDecimal> expected(Sent sent) {
        if (!sent.possible()) {
            return Optional.empty();
        }
        return tables.computeIfAbsent(
                        sent.day(),
                        day -> RateTable.of(history, day, limits.base(), limits.digits()))
                .flatMap(
                        table ->
                                table.convert(
                                        sent.stake(),
                                        sent.currency(),
                                        limits.target(),
                                        limits.scale(),
                                        RoundingMode.DOWN));
    }

    Finding judge(Sent sent, FeedFrame answer, Instant now) {
        var expected = expected(sent);
        if (answer.text("/type").equals("error")) {
            return refusal(expected.isPresent(), answer);
        }
        var question = FeedFrame.parse(sent.text()).orElseThrow();
        if (!question.rest().equals(answer.rest())) {
            return wrong(sent, "other fields than stake, currency and date changed", answer);
        }
        if (expected.isEmpty()) {
            return wrong(sent, "there is no rate, yet it was converted", answer);
        }
        var stake = answer.literal("/payload/stake");
        if (!PLAIN_NUMBER.matcher(stake).matches()
                || new BigDecimal(stake).compareTo(expected.get()) != 0
                || new BigDecimal(stake).scale() > limits.scale()) {
            return wrong(sent, "the stake should be " + expected.get().toPlainString(), answer);
        }
        if (!answer.text("/payload/currency").equals(limits.target())) {
            return wrong(sent, "the currency should be " + limits.target(), answer);
        }
        if (!isNow(answer.text("/payload/date"), now)) {
            return wrong(sent, "the date should be " + now + " with milliseconds", answer);
        }
        return new Finding.Converted();
    }

    private static Finding refusal(boolean convertible, FeedFrame answer) {
        var message = answer.text("/message");
        if (!message.startsWith(REFUSAL) || message.length() == REFUSAL.length()) {
            return new Finding.Wrong("an error without its reason: " + answer.values());
        }
        var reason = message.substring(REFUSAL.length());
        return convertible ? new Finding.Refused(reason) : new Finding.RightlyRefused(reason);
    }

    private static boolean isNow(String date, Instant now) {
        try {
            return UTC_MILLIS.matcher(date).matches()
                    && Duration.between(Instant.parse(date), now).abs().compareTo(CLOCK_TOLERANCE)
                            <= 0;
        } catch (DateTimeException e) {
            return false;
        }
    }

    private static Finding wrong(Sent sent, String why, FeedFrame answer) {
        return new Finding.Wrong(why + ": " + sent.text() + " was answered " + answer.values());
    }
}
