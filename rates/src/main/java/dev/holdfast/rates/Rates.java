package dev.holdfast.rates;

import dev.holdfast.rates.DayFetcher.Ended;
import dev.holdfast.rates.DayFetcher.Failed;
import dev.holdfast.rates.DayFetcher.Fetched;
import dev.holdfast.rates.DayFetcher.Got;
import dev.holdfast.rates.DayFetcher.Later;
import dev.holdfast.rates.RatesMetrics.Counter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The rates of all days, fetched once however many want them. Past days are kept for good; today's
 * and those of a working day that only has an earlier day's so far, for the cache time and fetched
 * anew shortly before it ends while they are in use; failures are remembered briefly. Whoever asks
 * is answered within {@link Settings#answerWithin}, with an error if need be, while the fetch goes
 * on for the next. Safe for any thread; never blocks.
 */
public final class Rates {
    /** Days kept in memory; the history of every source has fewer until the year 2043. */
    static final int MAX_DAYS = 1 << 14;

    /** Days being fetched at once. */
    static final int MAX_FLIGHTS = 1000;

    /** Conversions waiting at once. */
    static final int MAX_WAITING = 20_000;

    /** How far another's clock may be ahead of ours: a message of tomorrow is of today then. */
    static final Duration LEEWAY = Duration.ofMinutes(1);

    /** What is kept of an answer's time for the call, by who waits for a failing source's pause. */
    static final Duration ROOM_FOR_CALL = Duration.ofMillis(500);

    /** Waiters whose time ends this close together share a timer. */
    private static final Duration TOGETHER = Duration.ofMillis(10);

    private static final Duration LOG_EVERY = Duration.ofSeconds(10);

    /**
     * What may be configured.
     *
     * @param cacheFor how long today's rates are used
     * @param answerWithin how long anybody waits for rates
     * @param maxAge how long rates are valid on later days that have none, in whole days
     */
    public record Settings(Duration cacheFor, Duration answerWithin, Duration maxAge) {
        /** 2 h, 2 s with a little left for the way back, and longer than any holidays. */
        public static final Settings DEFAULT =
                new Settings(Duration.ofHours(2), Duration.ofMillis(1900), Duration.ofDays(7));

        /** The last day on which rates of {@code day} are valid. */
        LocalDate validUntil(LocalDate day) {
            return day.plusDays(maxAge.toDays());
        }

        /** The age at which today's rates are fetched anew while they still serve. */
        public Duration refreshAfter() {
            return cacheFor.multipliedBy(7).dividedBy(8);
        }
    }

    /** What a search comes to. */
    public sealed interface Found {
        /** The rates. */
        record Known(DayRates rates) implements Found {}

        /** None, and why. */
        record None(RateError error) implements Found {}
    }

    /** Rates in the table; {@code settled} ones are their day's for good. */
    private record Entry(DayRates rates, Instant at, boolean settled) {}

    private final DayFetcher fetcher;
    private final InstantSource clock;
    private final Timers timers;
    private final RatesMetrics metrics;
    private final Settings settings;
    private final QuietLog log;
    private final Map<LocalDate, Entry> table = new ConcurrentHashMap<>();

    // The following only under the lock.
    private final Object lock = new Object();
    private final Map<LocalDate, Flight> flights = new HashMap<>();
    private final FailureMemory failures = new FailureMemory();
    private int waiting;

    /** Rates that come from {@code fetcher}; {@code clock} is wall time. */
    public Rates(
            DayFetcher fetcher,
            InstantSource clock,
            Timers timers,
            RatesMetrics metrics,
            Settings settings) {
        this.fetcher = fetcher;
        this.clock = clock;
        this.timers = timers;
        this.metrics = metrics;
        this.settings = settings;
        this.log =
                new QuietLog(
                        LoggerFactory.getLogger(Rates.class),
                        Level.WARN,
                        LOG_EVERY,
                        System::nanoTime);
    }

    /** The rates of a day if they are at hand, else null; the way for nearly every message. */
    public @Nullable DayRates known(LocalDate day) {
        Entry entry = table.get(day);
        if (entry == null) {
            return null;
        }
        if (entry.settled()) {
            return entry.rates();
        }
        Duration age = Duration.between(entry.at(), clock.instant());
        if (age.compareTo(settings.cacheFor()) >= 0) {
            return null;
        }
        if (age.compareTo(settings.refreshAfter()) >= 0) {
            refresh(day);
        }
        return entry.rates();
    }

    /**
     * Finds the rates of a day and tells {@code then}, once, on any thread: at once when they are
     * known or known not to come, else when they are there or {@link Settings#answerWithin} is
     * over.
     */
    public void find(LocalDate day, Consumer<Found> then) {
        DayRates known = known(day);
        if (known != null) {
            metrics.count(Counter.RATES_KNOWN);
            then.accept(new Found.Known(known));
            return;
        }
        Instant now = clock.instant();
        RateError impossible = impossible(day, now);
        if (impossible != null) {
            then.accept(new Found.None(impossible));
            return;
        }
        Flight started = null;
        Duration pause = null;
        synchronized (lock) {
            Flight flight = flights.get(day);
            RateError hopeless = flight == null ? cannotStart(day, now) : flight.hopeless(now);
            if (flight == null && hopeless != null) {
                pause = pauseWorthWaiting(day, now);
                hopeless = pause == null ? hopeless : null;
            }
            if (hopeless == null && waiting >= MAX_WAITING) {
                hopeless = new RateError.Overloaded("messages");
            }
            if (hopeless != null) {
                impossible = hopeless;
            } else {
                if (flight == null) {
                    started = new Flight(day);
                    flight = started;
                    flights.put(day, flight);
                }
                flight.await(then);
            }
        }
        if (impossible != null) {
            then.accept(new Found.None(impossible));
        } else if (started != null) {
            startAfter(pause, started);
        }
    }

    private void startAfter(@Nullable Duration pause, Flight flight) {
        if (pause == null) {
            start(flight, clock.instant());
        } else {
            var _ = timers.after(pause, () -> start(flight, clock.instant()));
        }
    }

    /** What is left of a failing source's pause, if its end comes in time for who asks now. */
    private @Nullable Duration pauseWorthWaiting(LocalDate day, Instant now) {
        Duration left = flights.isEmpty() ? failures.pauseLeft(day, now) : null;
        Duration most = settings.answerWithin().minus(ROOM_FOR_CALL);
        return left != null && left.compareTo(most) <= 0 ? left : null;
    }

    /** Why a day is none to convert on, whatever the currency; null for any other day. */
    public @Nullable RateError never(LocalDate day) {
        return table.containsKey(day) ? null : outside(day, clock.instant());
    }

    private @Nullable RateError impossible(LocalDate day, Instant now) {
        LocalDate last = fetcher.historyEnd();
        RateError outside = outside(day, now);
        return outside == null && last != null && day.isAfter(settings.validUntil(last))
                ? new RateError.HistoryEnded(day, last)
                : outside;
    }

    private @Nullable RateError outside(LocalDate day, Instant now) {
        if (day.isAfter(day(now.plus(LEEWAY)))) {
            return new RateError.DateInFuture(day);
        }
        LocalDate first = fetcher.historyStart();
        return day.isBefore(first) ? new RateError.BeforeHistory(day, first) : null;
    }

    private @Nullable RateError cannotStart(LocalDate day, Instant now) {
        RateError remembered = failures.remembered(day, now);
        if (remembered != null) {
            return remembered;
        }
        if (failures.sourceIsFailing() && !flights.isEmpty()) {
            // While the source fails, one call at a time finds out whether it has healed; more
            // would only use up the quota that its healing needs.
            return failures.last();
        }
        return flights.size() >= MAX_FLIGHTS ? new RateError.Overloaded("days") : null;
    }

    private void refresh(LocalDate day) {
        Instant now = clock.instant();
        Flight flight;
        synchronized (lock) {
            if (flights.containsKey(day) || cannotStart(day, now) != null) {
                return;
            }
            flight = new Flight(day);
            flights.put(day, flight);
        }
        start(flight, now);
    }

    private void start(Flight flight, Instant now) {
        boolean newest = !flight.day.isBefore(day(now));
        metrics.count(Counter.SOURCE_CALLS);
        fetcher.fetch(flight.day, newest).thenAccept(fetched -> proceed(flight, newest, fetched));
    }

    private void proceed(Flight flight, boolean newest, Fetched fetched) {
        switch (fetched) {
            case Later later -> {
                for (Waiter waiter : delay(flight, later)) {
                    waiter.tell(new Found.None(later.why()));
                }
                later.end().thenAccept(ended -> end(flight, newest, ended));
            }
            case Ended ended -> end(flight, newest, ended);
        }
    }

    /** Those who cannot wait for it any more. */
    private List<Waiter> delay(Flight flight, Later later) {
        synchronized (lock) {
            flight.later = later;
            return flight.hopeless(clock.instant()) == null ? List.of() : flight.release();
        }
    }

    /** Rates that are too old for the day are no rates of it. */
    private Ended judged(LocalDate day, Ended ended) {
        if (ended instanceof Got(DayRates rates, Instant _)
                && day.isAfter(settings.validUntil(rates.validOn()))) {
            return new Failed(new RateError.TooOld(day, rates.validOn(), settings.maxAge()));
        }
        return ended;
    }

    private void end(Flight flight, boolean newest, Ended fetched) {
        Ended ended = judged(flight.day, fetched);
        Instant now = clock.instant();
        Found found;
        List<Waiter> told;
        synchronized (lock) {
            flights.remove(flight.day);
            switch (ended) {
                case Got got -> {
                    failures.forget(flight.day);
                    boolean settled = !newest && !got.rates().isProvisional();
                    keep(flight.day, new Entry(got.rates(), got.at(), settled));
                    found = new Found.Known(got.rates());
                }
                case Failed failed -> {
                    failures.remember(flight.day, failed.error(), now);
                    found = new Found.None(failed.error());
                }
            }
            told = flight.release();
        }
        if (ended instanceof Failed failed) {
            metrics.count(Counter.SOURCE_FAILURES);
            log.say("rates of " + flight.day + " not got: " + failed.error().words());
        } else if (newest && ended instanceof Got got) {
            metrics.newestFetched(got.at());
        }
        told.forEach(waiter -> waiter.tell(found));
    }

    private void keep(LocalDate day, Entry entry) {
        if (table.size() >= MAX_DAYS && !table.containsKey(day)) {
            table.remove(table.keySet().iterator().next());
        }
        table.put(day, entry);
    }

    private static LocalDate day(Instant now) {
        return LocalDate.ofInstant(now, ZoneOffset.UTC);
    }

    /** One day being fetched, and who waits for it. All but {@code day} under the lock. */
    private final class Flight {
        private final LocalDate day;
        private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
        private @Nullable Later later;
        private Timers.@Nullable Timer timer;

        Flight(LocalDate day) {
            this.day = day;
        }

        /** Why nobody can wait for it, or null. */
        @Nullable RateError hopeless(Instant now) {
            if (later == null || later.notBefore() == null) {
                return null;
            }
            boolean tooLate = later.notBefore().isAfter(now.plus(settings.answerWithin()));
            return tooLate ? later.why() : null;
        }

        void await(Consumer<Found> then) {
            waiters.add(new Waiter(timers.nanoTime() + settings.answerWithin().toNanos(), then));
            waiting++;
            metrics.count(Counter.RATES_WAITED);
            if (waiters.size() == 1) {
                timer = timers.after(settings.answerWithin(), this::giveUp);
            }
        }

        /** Those whose time is over, or nearly, are told; a timer is set for the next. */
        void giveUp() {
            List<Waiter> late = new ArrayList<>();
            RateError why;
            synchronized (lock) {
                long soon = timers.nanoTime() + TOGETHER.toNanos();
                while (!waiters.isEmpty() && waiters.getFirst().deadline() - soon <= 0) {
                    late.add(waiters.removeFirst());
                }
                waiting -= late.size();
                why =
                        later == null
                                ? new RateError.TooSlow(day, settings.answerWithin())
                                : later.why();
                if (!waiters.isEmpty()) {
                    long left = waiters.getFirst().deadline() - soon;
                    timer = timers.after(TOGETHER.plusNanos(left), this::giveUp);
                }
            }
            late.forEach(waiter -> waiter.tell(new Found.None(why)));
        }

        List<Waiter> release() {
            List<Waiter> all = List.copyOf(waiters);
            waiting -= all.size();
            waiters.clear();
            if (timer != null) {
                timer.cancel();
            }
            return all;
        }
    }

    /**
     * One who waits, until when by {@link Timers#nanoTime}. It is told by whoever takes it out of
     * its flight.
     */
    private record Waiter(long deadline, Consumer<Found> then) {
        void tell(Found found) {
            then.accept(found);
        }
    }

    /** The rates of the newest day at hand, or null before there are any; fetches nothing. */
    public @Nullable DayRates newest() {
        LocalDate newest = table.keySet().stream().max(LocalDate::compareTo).orElse(null);
        Entry entry = newest == null ? null : table.get(newest);
        return entry == null ? null : entry.rates();
    }

    /** Days whose rates are at hand, oldest first. */
    List<LocalDate> knownDays() {
        return new ArrayList<>(table.keySet()).stream().sorted().toList();
    }
}
