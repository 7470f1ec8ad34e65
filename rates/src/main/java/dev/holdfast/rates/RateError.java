package dev.holdfast.rates;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Why an amount cannot be converted, in words for whoever asked. */
public sealed interface RateError {

    /** One sentence without the final stop, free of secrets and safe to show. */
    String words();

    /** The reason as metrics count it. */
    Reason reason();

    /** What errors are counted by. */
    enum Reason {
        INVALID_MESSAGE,
        UNSUPPORTED_CURRENCY,
        DATE_IN_FUTURE,
        BEFORE_HISTORY,
        HISTORY_ENDED,
        TOO_OLD,
        NO_RATES,
        OUT_OF_QUOTA,
        UNAUTHORIZED,
        UNREACHABLE,
        SOURCE_FAILED,
        NOT_RATES,
        REFUSED,
        TOO_SLOW,
        STORE_UNAVAILABLE,
        OVERLOADED;

        /** As a label: lower case, with underscores. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /** Whether the failure is of this day only, so that other days may well be had. */
    default boolean ofTheDay() {
        return false;
    }

    /**
     * Whether the failure may be of this day only: the source answered, but neither with rates nor
     * with a reason. It is taken for the source's own when another day fails as well.
     */
    default boolean maybeOfTheDay() {
        return reason() == Reason.SOURCE_FAILED || reason() == Reason.NOT_RATES;
    }

    /** The message itself cannot be converted, whatever the rates. */
    record InvalidMessage(String words) implements RateError {
        @Override
        public Reason reason() {
            return Reason.INVALID_MESSAGE;
        }
    }

    /** The source has no rate of this currency on that day. */
    record UnsupportedCurrency(String currency, LocalDate day) implements RateError {
        private static final int MAX_SHOWN_CHARS = 16;

        @Override
        public String words() {
            String shown =
                    currency.length() > MAX_SHOWN_CHARS
                            ? currency.substring(0, MAX_SHOWN_CHARS) + "…"
                            : currency;
            return "Unsupported currency " + shown + " on " + day;
        }

        @Override
        public Reason reason() {
            return Reason.UNSUPPORTED_CURRENCY;
        }
    }

    /** No rates of tomorrow. */
    record DateInFuture(LocalDate day) implements RateError {
        @Override
        public String words() {
            return "Date " + day + " is in the future";
        }

        @Override
        public Reason reason() {
            return Reason.DATE_IN_FUTURE;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /** The day is before the first of which the source has rates. */
    record BeforeHistory(LocalDate day, LocalDate first) implements RateError {
        @Override
        public String words() {
            return "Date " + day + " is before the source's history, which starts on " + first;
        }

        @Override
        public Reason reason() {
            return Reason.BEFORE_HISTORY;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /** The source's history has ended too long before the day. */
    record HistoryEnded(LocalDate day, LocalDate last) implements RateError {
        @Override
        public String words() {
            return "The source's history ends on "
                    + last
                    + "; it has no rate of "
                    + day
                    + ", use another rates.source";
        }

        @Override
        public Reason reason() {
            return Reason.HISTORY_ENDED;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /**
     * The last rates before the day are not valid on it any more.
     *
     * @param last the day they are of
     * @param maxAge how long they are valid
     */
    record TooOld(LocalDate day, LocalDate last, Duration maxAge) implements RateError {
        @Override
        public String words() {
            return "The last rates before "
                    + day
                    + " are of "
                    + last
                    + ", more than "
                    + maxAge.toDays()
                    + " days earlier (rates.max-age)";
        }

        @Override
        public Reason reason() {
            return Reason.TOO_OLD;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /** The source answers as it should, but has nothing for this day. */
    record NoRates(LocalDate day) implements RateError {
        @Override
        public String words() {
            return "The rates source has no rates of " + day;
        }

        @Override
        public Reason reason() {
            return Reason.NO_RATES;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /**
     * No call to the source is allowed in time.
     *
     * @param until when the rates are expected, if that is known
     */
    record OutOfQuota(@Nullable Instant until) implements RateError {
        @Override
        public String words() {
            return until == null
                    ? "The rates source is out of quota"
                    : "The rates source is out of quota until "
                            + until.truncatedTo(ChronoUnit.SECONDS);
        }

        @Override
        public Reason reason() {
            return Reason.OUT_OF_QUOTA;
        }
    }

    /**
     * The source does not take our key.
     *
     * @param status HTTP status 401, or the source's own code
     */
    record Unauthorized(int status) implements RateError {
        @Override
        public String words() {
            return "The rates source refused the API key (status " + status + ")";
        }

        @Override
        public Reason reason() {
            return Reason.UNAUTHORIZED;
        }
    }

    /** No connection, or it broke. */
    record Unreachable(String detail) implements RateError {
        @Override
        public String words() {
            return "The rates source is not reachable (" + detail + ")";
        }

        @Override
        public Reason reason() {
            return Reason.UNREACHABLE;
        }
    }

    /** The source answered with a failure of its own. */
    record SourceFailed(int status) implements RateError {
        @Override
        public String words() {
            return "The rates source failed with status " + status;
        }

        @Override
        public Reason reason() {
            return Reason.SOURCE_FAILED;
        }
    }

    /** The source's answer is something else than rates. */
    record NotRates(String detail) implements RateError {
        @Override
        public String words() {
            return "The rates source answered with " + detail + " instead of rates";
        }

        @Override
        public Reason reason() {
            return Reason.NOT_RATES;
        }
    }

    /**
     * The source refuses to give rates of this day.
     *
     * @param detail the source's own words, already bounded and printable
     */
    record Refused(LocalDate day, int status, String detail) implements RateError {
        @Override
        public String words() {
            return "The rates source refused the date "
                    + day
                    + " (status "
                    + status
                    + (detail.isEmpty() ? ")" : "): " + detail);
        }

        @Override
        public Reason reason() {
            return Reason.REFUSED;
        }

        @Override
        public boolean ofTheDay() {
            return true;
        }
    }

    /** The rates did not come in time; they are still being fetched. */
    record TooSlow(LocalDate day, Duration waited) implements RateError {
        @Override
        public String words() {
            return "The rates of "
                    + day
                    + " did not come from the source within "
                    + waited.toMillis()
                    + " ms";
        }

        @Override
        public Reason reason() {
            return Reason.TOO_SLOW;
        }
    }

    /** Our own store cannot take the fetch, and without it no call may leave. */
    record StoreUnavailable() implements RateError {
        @Override
        public String words() {
            return "The rates cannot be fetched: the store is not available";
        }

        @Override
        public Reason reason() {
            return Reason.STORE_UNAVAILABLE;
        }
    }

    /** Too much is waiting already. */
    record Overloaded(String what) implements RateError {
        @Override
        public String words() {
            return "Too many " + what + " are waiting for rates";
        }

        @Override
        public Reason reason() {
            return Reason.OVERLOADED;
        }
    }
}
