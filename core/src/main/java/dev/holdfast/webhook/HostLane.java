package dev.holdfast.webhook;

import dev.holdfast.pace.Breaker;
import dev.holdfast.store.Delivery;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One client's way to one webhook host: what is under way on it, what waits for it, and how fast it
 * is. Each client has its own, so that what hangs for one holds up nobody else's webhooks to a host
 * that many share. On the loop.
 *
 * <p>Only so much waits in memory as the host takes within {@link #HORIZON}. The rest goes back to
 * the store, each batch due when the host should have got through with those before it, so that a
 * long backlog of one host neither fills the memory nor stands in front of the others' deliveries.
 */
final class HostLane {
    /** Most deliveries that wait in memory for one host. */
    static final int MAX_WAITING = 512;

    /** As many may wait for however slow a host, so that its calls follow each other closely. */
    static final int MIN_WAITING = Breaker.MAX_AT_ONCE;

    /** How long the last of those that wait should take to leave. */
    static final Duration HORIZON = Duration.ofSeconds(4);

    /**
     * The farthest that a backlog is spread over at first: the host may be slow for a moment only.
     * Doubles each time it comes back and is still too much, so that it is not written over and
     * over.
     */
    static final Duration FIRST_SPREAD = Duration.ofSeconds(1);

    /** The farthest that a backlog is spread over at last. */
    static final Duration MAX_SPREAD = Duration.ofMinutes(5);

    /** A call that takes longer than this tells of a slow host before it ends. */
    static final Duration LONG = Duration.ofSeconds(1);

    /** The shortest time for which deliveries are given back. */
    static final Duration MIN_AWAY = Duration.ofMillis(100);

    private static final double FIRST_GUESS_NANOS = 20e6;
    private static final double MIN_NANOS = 1e6;
    private static final double NEWEST = 0.1;
    private static final Pattern WITH_PORT = Pattern.compile(".*:[0-9]+");
    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    private final Key key;
    private final HostPlaces<HostLane> places;
    private final Deque<HandedDelivery> waiting = new ArrayDeque<>();
    private final Deque<Instant> started = new ArrayDeque<>(Breaker.MAX_AT_ONCE);
    private Breaker breaker = Breaker.FRESH;
    private double latencyNanos = FIRST_GUESS_NANOS;
    private Instant through = Instant.MIN;
    private Duration spread = FIRST_SPREAD;
    private @Nullable Instant spreadSince;

    /**
     * A delivery that is leased to this process.
     *
     * @param url where to, as parsed
     * @param lane its host
     * @param since steady time at which it came
     */
    record HandedDelivery(Delivery delivery, URI url, HostLane lane, Instant since) {}

    /** Whose way it is, and the host's name and port. */
    record Key(int client, String host) {}

    /**
     * @param places those of the host, for all clients
     */
    HostLane(Key key, HostPlaces<HostLane> places) {
        this.key = key;
        this.places = places;
    }

    /** What tells one host from another: its name and port. */
    static String hostOf(URI url) {
        // Not getHost(), which knows no name with an underscore.
        String name = url.getRawAuthority();
        if (name == null) {
            throw new IllegalArgumentException("no host");
        }
        name = name.toLowerCase(Locale.ROOT);
        return WITH_PORT.matcher(name).matches()
                ? name
                : name + ":" + ("http".equals(url.getScheme()) ? HTTP : HTTPS);
    }

    Key key() {
        return key;
    }

    HostPlaces<HostLane> places() {
        return places;
    }

    /** Takes a place for a call, if one may leave now. */
    boolean enter(Instant now) {
        if (places.isFree() && breaker.ask(now) instanceof Breaker.Go(Breaker next)) {
            places.take();
            breaker = next;
            started.add(now);
            return true;
        }
        return false;
    }

    /** The call that took a place then did not leave. */
    void untried(Instant enteredAt) {
        places.give();
        breaker = breaker.untried();
        started.removeLastOccurrence(enteredAt);
    }

    /**
     * A call has settled.
     *
     * @param enteredAt when it took its place
     */
    void settled(boolean hostDown, Instant enteredAt, Instant now) {
        places.give();
        breaker = breaker.settled(hostDown, now);
        started.removeFirstOccurrence(enteredAt);
        long took = Duration.between(enteredAt, now).toNanos();
        latencyNanos += NEWEST * (took - latencyNanos);
        if (!hostDown && waiting.isEmpty()) {
            spread = FIRST_SPREAD;
            spreadSince = null;
        }
    }

    /** Keeps a delivery until a call settles; false if enough are kept, or the host is down. */
    boolean await(HandedDelivery delivery, Instant now) {
        boolean room =
                breaker.opened() == null
                        && waiting.size() < MAX_WAITING
                        && (waiting.size() < MIN_WAITING
                                || waiting.size() * pace(now) <= HORIZON.toNanos());
        if (room) {
            waiting.add(delivery);
        }
        return room;
    }

    /** The next that waits, if a call may leave now; it has taken its place then. */
    @Nullable HandedDelivery next(Instant now) {
        return !waiting.isEmpty() && enter(now) ? waiting.remove() : null;
    }

    /** All that wait, if the host is down. */
    List<HandedDelivery> stranded() {
        return breaker.opened() == null ? List.of() : surrender();
    }

    /** Those that came before {@code since} and still wait. */
    List<HandedDelivery> stale(Instant since) {
        List<HandedDelivery> stale = new ArrayList<>();
        for (HandedDelivery first = waiting.peek();
                first != null && first.since().isBefore(since);
                first = waiting.peek()) {
            stale.add(waiting.remove());
        }
        return stale;
    }

    /** All that wait. */
    List<HandedDelivery> surrender() {
        List<HandedDelivery> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }

    /**
     * For how long to give {@code count} deliveries back: until the host is up as far as one can
     * tell, and through with those given back before.
     */
    Duration away(int count, Instant now) {
        Instant up = up(now);
        Instant last = up.plus(spread(now));
        Instant free = up.plusNanos((long) (waiting.size() * pace(now)));
        Instant from = earlier(through.isAfter(free) ? through : free, last);
        through = earlier(from.plusNanos((long) (count * pace(now))), last);
        Duration away = Duration.between(now, from);
        return away.compareTo(MIN_AWAY) < 0 ? MIN_AWAY : away;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }

    private Duration spread(Instant now) {
        if (spreadSince == null) {
            spreadSince = now;
        } else if (!now.isBefore(spreadSince.plus(spread))) {
            spreadSince = now;
            Duration doubled = spread.multipliedBy(2);
            spread = doubled.compareTo(MAX_SPREAD) > 0 ? MAX_SPREAD : doubled;
        }
        return spread;
    }

    private Instant up(Instant now) {
        Breaker.Pause pause = breaker.opened();
        if (pause == null) {
            return now;
        }
        // The pause is over and a probe is under way; should it fail, a longer one follows.
        return now.isBefore(pause.until()) ? pause.until() : now.plus(pause.length());
    }

    /** Nanoseconds from one call to the next when all places are taken. */
    private double pace(Instant now) {
        double call = isSlow(now) ? Math.max(latencyNanos, age(now)) : latencyNanos;
        return Math.max(MIN_NANOS, call) / Breaker.MAX_AT_ONCE;
    }

    /** Of the longest call under way, in nanoseconds. */
    private double age(Instant now) {
        Instant oldest = started.peek();
        return oldest == null ? 0 : Duration.between(oldest, now).toNanos();
    }

    /** Whether it slows its deliveries down so much that they had better wait in the store. */
    boolean isSlow(Instant now) {
        return Math.max(latencyNanos, age(now)) > LONG.toNanos();
    }

    int waiting() {
        return waiting.size();
    }

    int underWay() {
        return breaker.underWay();
    }

    /** Whether nothing of it is in memory. */
    boolean isEmpty() {
        return waiting.isEmpty() && started.isEmpty();
    }

    /** Whether it may be forgotten. */
    boolean isIdle() {
        return isEmpty() && breaker.isIdle();
    }
}
