package dev.holdfast.outbound.auth;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upstream's token, in memory only: fetched once however many wait for it, renewed before it
 * ends while calls go on with the old one, and once more when it is refused: one that came in place
 * of a refused one is not exchanged for another within {@link #EXCHANGE_AGAIN}. Belongs to one
 * event loop.
 */
public final class Tokens {
    /** Longest time between two tries of a token endpoint that fails. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /**
     * Shortest time from a token that came in place of a refused one to the next: whatever is
     * refused however often, so few are fetched for it.
     */
    static final Duration EXCHANGE_AGAIN = Duration.ofMinutes(1);

    private static final Logger LOG = LoggerFactory.getLogger(Tokens.class);
    private static final int MOST_DOUBLINGS = 6;

    private final String named;
    private final Fetcher fetcher;
    private final LongSupplier nanos;
    private final Duration early;
    private final List<Consumer<Given>> waiting = new ArrayList<>();
    private @Nullable Current current;
    private boolean fetching;
    private boolean exchanging;
    private int failures;
    private long nextTry;

    /** Fetches a token. */
    @FunctionalInterface
    public interface Fetcher {
        /** Asks once; tells on the same event loop, after its time limit at the latest. */
        void fetch(Consumer<TokenAnswer> told);
    }

    /** What a call gets. */
    public sealed interface Given {
        /** A token to call with. */
        record Token(String value) implements Given {
            /** Without the token. */
            @Override
            public String toString() {
                return "Token";
            }
        }

        /**
         * None, so that no call can be made.
         *
         * @param pause after which it may be asked again; null if the client was refused
         */
        record Nothing(@Nullable Duration pause) implements Given {}
    }

    /**
     * @param keepUntil until when a refusal does not exchange it
     */
    private record Current(String value, long renewAt, long endsAt, long keepUntil) {}

    /**
     * @param named what the token endpoint is called in the log
     * @param nanos a clock that never runs backwards, in nanoseconds
     * @param early how long before its end a token is renewed
     */
    public Tokens(String named, Fetcher fetcher, LongSupplier nanos, Duration early) {
        this.named = named;
        this.fetcher = fetcher;
        this.nanos = nanos;
        this.early = early;
        this.nextTry = nanos.getAsLong();
    }

    /** Gives a token, now or when it is fetched. */
    public void get(Consumer<Given> then) {
        long now = nanos.getAsLong();
        Current have = current;
        if (have != null && now - have.endsAt() < 0) {
            then.accept(new Given.Token(have.value()));
            if (now - have.renewAt() >= 0 && now - nextTry >= 0) {
                fetch();
            }
            return;
        }
        waiting.add(then);
        fetch();
    }

    /**
     * A call with this token was refused (401).
     *
     * @return whether one more call, with another token, is worth it
     */
    public boolean refused(String value) {
        Current have = current;
        if (have == null || !have.value().equals(value)) {
            // Calls that were under way together: another one asked for a new token already.
            return true;
        }
        if (nanos.getAsLong() - have.keepUntil() < 0) {
            return false;
        }
        current = null;
        exchanging = true;
        return true;
    }

    private void fetch() {
        if (!fetching) {
            fetching = true;
            fetcher.fetch(this::fetched);
        }
    }

    private void fetched(TokenAnswer answer) {
        fetching = false;
        Given given =
                switch (answer) {
                    case TokenAnswer.Token token -> keep(token);
                    case TokenAnswer.Refused(int status) -> {
                        LOG.error(
                                "{} answered {}: it gives no token to this client; see its auth",
                                named,
                                status);
                        later(null);
                        yield new Given.Nothing(null);
                    }
                    case TokenAnswer.Failed(String why, Duration after) -> {
                        Duration pause = later(after);
                        LOG.warn("no token from {}: {}; next try in {}", named, why, pause);
                        yield new Given.Nothing(pause);
                    }
                };
        List<Consumer<Given>> told = List.copyOf(waiting);
        waiting.clear();
        told.forEach(then -> then.accept(given));
    }

    private Given keep(TokenAnswer.Token token) {
        failures = 0;
        long now = nanos.getAsLong();
        nextTry = now;
        long lifetime = token.lifetime().toNanos();
        long before = Math.min(early.toNanos(), lifetime / 2);
        long keep = exchanging ? EXCHANGE_AGAIN.toNanos() : 0;
        exchanging = false;
        current = new Current(token.value(), now + lifetime - before, now + lifetime, now + keep);
        return new Given.Token(token.value());
    }

    private Duration later(@Nullable Duration asked) {
        Duration pause = Duration.ofSeconds(1L << Math.min(failures, MOST_DOUBLINGS));
        failures++;
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        pause = asked != null && asked.compareTo(pause) > 0 ? asked : pause;
        nextTry = nanos.getAsLong() + pause.toNanos();
        return pause;
    }
}
