package dev.holdfast.rates;

import dev.holdfast.rates.RateError.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the converter counts. Cheap to write from any thread; read by whatever exposes metrics. */
public final class RatesMetrics {

    /** One thing that is counted. */
    public enum Counter {
        MESSAGES("Messages that came to be converted"),
        CONVERTED("Messages that were answered with a converted stake"),
        GARBAGE_FRAMES("Frames that were not JSON, had no id or a type that is not known"),
        ANSWERS_DROPPED("Answers that belonged to a connection that was gone"),
        HEARTBEATS_SENT("Heartbeats that were sent to the feed"),
        HEARTBEATS_RECEIVED("Heartbeats that came from the feed"),
        HEARTBEAT_GAPS("Connections dropped because the feed's heartbeat stayed away"),
        CONNECTIONS("Connections to the feed that were made"),
        CONNECTIONS_LOST("Connections to the feed that ended other than by our stop"),
        CONNECT_FAILURES("Tries to connect to the feed that failed"),
        SOURCE_CALLS("Fetches of a day's rates that were begun"),
        SOURCE_FAILURES("Fetches of a day's rates that failed"),
        RATES_KNOWN("Conversions whose rates were known at once"),
        RATES_WAITED("Conversions that waited for their rates");

        private final String description;

        Counter(String description) {
            this.description = description;
        }

        /** One sentence for people. */
        public String description() {
            return description;
        }

        /** As a metric's name: lower case, with underscores. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Map<Counter, LongAdder> counters = adders(Counter.class);
    private final Map<Reason, LongAdder> errors = adders(Reason.class);
    private final AtomicLong inHand = new AtomicLong();
    private final AtomicBoolean connected = new AtomicBoolean();
    private volatile Optional<Instant> newestFetchedAt = Optional.empty();
    private volatile OptionalLong heartbeatNanos = OptionalLong.empty();

    private static <E extends Enum<E>> Map<E, LongAdder> adders(Class<E> type) {
        Map<E, LongAdder> adders = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            adders.put(constant, new LongAdder());
        }
        return adders;
    }

    private static <E extends Enum<E>> LongAdder of(Map<E, LongAdder> adders, E constant) {
        return Objects.requireNonNull(adders.get(constant));
    }

    /** Adds one. */
    public void count(Counter counter) {
        of(counters, counter).increment();
    }

    /** Adds one to the errors of that reason. */
    public void error(Reason reason) {
        of(errors, reason).increment();
    }

    /** So many since the start. */
    public long value(Counter counter) {
        return of(counters, counter).sum();
    }

    /** Errors answered for that reason since the start. */
    public long errors(Reason reason) {
        return of(errors, reason).sum();
    }

    /** Messages that are not answered yet. */
    public long inHand() {
        return inHand.get();
    }

    /** Whether there is a connection to the feed. */
    public boolean connected() {
        return connected.get();
    }

    /** The age of the newest day's rates, or empty when there are none yet. */
    public Optional<Duration> rateAge(Instant now) {
        return newestFetchedAt.map(at -> Duration.between(at, now));
    }

    /**
     * How long ago the feed's last heartbeat came, by {@link System#nanoTime}; empty before one.
     */
    public Optional<Duration> heartbeatAge(long nowNanos) {
        OptionalLong last = heartbeatNanos;
        return last.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(Math.max(0, nowNanos - last.getAsLong())));
    }

    /** Counts a heartbeat of the feed. */
    public void heartbeatCame(long nowNanos) {
        count(Counter.HEARTBEATS_RECEIVED);
        heartbeatNanos = OptionalLong.of(nowNanos);
    }

    /** Notes that a message is in hand, or (with -1) that it is answered. */
    public void addInHand(int change) {
        inHand.addAndGet(change);
    }

    /** Notes whether there is a connection to the feed. */
    public void connected(boolean now) {
        connected.set(now);
    }

    synchronized void newestFetched(Instant at) {
        newestFetchedAt = Optional.of(newestFetchedAt.filter(at::isBefore).orElse(at));
    }
}
