package dev.holdfast.store;

import dev.holdfast.quota.Occupancy;
import dev.holdfast.request.ByPriority;
import dev.holdfast.request.Priority;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An upstream's queue and slots at one moment.
 *
 * @param slots what the ledger says
 * @param units what the ledgers of other units than calls say, by the units' names
 * @param credentials of which each call leaves with one; empty if the upstream has but its own
 * @param waiting what waits for it
 * @param standing whether it may be called, whatever the credentials are
 */
public record UpstreamState(
        Occupancy slots,
        Map<String, Occupancy> units,
        List<Credential> credentials,
        Waiting waiting,
        Standing standing) {
    public UpstreamState {
        units = Map.copyOf(units);
        credentials = List.copyOf(credentials);
    }

    /**
     * Jobs that no call was made for, or not enough.
     *
     * @param firstTries those whose first call has not left
     * @param retries those that wait for another call
     * @param scheduled those whose time has not come
     */
    public record Waiting(ByPriority firstTries, ByPriority retries, long scheduled) {}

    /**
     * What keeps calls from leaving, whatever the slots are.
     *
     * @param closedUntil steady time before which it is not called, because it asked for that or
     *     because it refused its one credential; or null
     * @param unauthorizedSince steady time since which it refuses its one credential; or null
     * @param absence that nobody is at home, or null
     * @param paused whether an operator stopped it
     * @param partlyRefused whether it refuses the credential in some of its partitions
     */
    public record Standing(
            @Nullable Instant closedUntil,
            @Nullable Instant unauthorizedSince,
            @Nullable Absence absence,
            boolean paused,
            boolean partlyRefused) {
        private Standing with(@Nullable Instant closed, @Nullable Instant refused) {
            return new Standing(closed, refused, absence, paused, partlyRefused);
        }
    }

    /** Of an upstream that has but its own credential. */
    public UpstreamState(
            Occupancy slots,
            Map<String, Occupancy> units,
            ByPriority firstTries,
            ByPriority retries,
            long scheduled,
            @Nullable Instant closedUntil,
            @Nullable Instant unauthorizedSince,
            @Nullable Absence absence,
            boolean paused) {
        this(
                slots,
                units,
                List.of(),
                new Waiting(firstTries, retries, scheduled),
                new Standing(closedUntil, unauthorizedSince, absence, paused, false));
    }

    /**
     * One of several credentials.
     *
     * @param name its name in the configuration
     * @param slots what its ledger says
     * @param units what its ledgers of other units than calls say, by the units' names
     * @param draining whether it takes nothing new
     * @param closedUntil steady time before which nothing leaves with it, because the upstream
     *     asked for that or refused it; or null
     * @param unauthorizedSince steady time since which it is out: the upstream refuses it; or null
     */
    public record Credential(
            String name,
            Occupancy slots,
            Map<String, Occupancy> units,
            boolean draining,
            @Nullable Instant closedUntil,
            @Nullable Instant unauthorizedSince) {
        public Credential {
            units = Map.copyOf(units);
        }

        private Credential refused(Instant now) {
            return unauthorizedSince != null
                    ? this
                    : new Credential(name, slots, units, draining, now.plus(FIRST_PROBE), now);
        }
    }

    /** With several credentials. */
    public UpstreamState with(List<Credential> all) {
        return new UpstreamState(slots, units, all, waiting, standing);
    }

    /** As it is for calls that leave with none of several credentials. */
    public UpstreamState withoutCredentials() {
        return credentials.isEmpty() ? this : with(List.of());
    }

    private List<Credential> used() {
        return credentials.isEmpty()
                ? credentials
                : credentials.stream().filter(each -> !each.draining()).toList();
    }

    /**
     * Of one with partitions.
     *
     * @param some whether the credential is refused in any
     */
    public UpstreamState partlyRefused(boolean some) {
        return with(
                new Standing(
                        standing.closedUntil(),
                        standing.unauthorizedSince(),
                        absence(),
                        paused(),
                        some));
    }

    private UpstreamState with(Standing other) {
        return new UpstreamState(slots, units, credentials, waiting, other);
    }

    private UpstreamState with(Waiting other) {
        return new UpstreamState(slots, units, credentials, other, standing);
    }

    private static @Nullable Instant latest(
            Stream<@Nullable Instant> some, @Nullable Instant other) {
        return Stream.concat(some, Stream.ofNullable(other))
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /** After an answer that refuses one of several credentials. */
    public UpstreamState refused(String credential, Instant now) {
        return with(
                credentials.stream()
                        .map(each -> each.name().equals(credential) ? each.refused(now) : each)
                        .toList());
    }

    /**
     * Calls in a row found nobody at home; it is tried by one at a time.
     *
     * @param since steady time of the call that told
     * @param until steady time at which the next one may leave
     */
    public record Absence(Instant since, Instant until) {}

    /** From the first answer that refuses the credential until one call tries it again. */
    public static final Duration FIRST_PROBE = Duration.ofSeconds(10);

    /** An upstream that nobody has heard of. */
    public static final UpstreamState UNKNOWN =
            new UpstreamState(
                    Occupancy.EMPTY,
                    Map.of(),
                    ByPriority.NONE,
                    ByPriority.NONE,
                    0,
                    null,
                    null,
                    null,
                    false);

    /** After an answer that refuses the credential. */
    public UpstreamState refused(Instant now) {
        Instant probe = now.plus(FIRST_PROBE);
        Instant closed = standing.closedUntil();
        Instant since = standing.unauthorizedSince();
        return with(
                standing.with(
                        closed != null && closed.isAfter(probe) ? closed : probe,
                        since == null ? now : since));
    }

    /** After a call that found nobody at home, as others before it. */
    public UpstreamState absent(Instant now, Duration pause) {
        return absence() != null
                ? this
                : with(
                        new Standing(
                                standing.closedUntil(),
                                standing.unauthorizedSince(),
                                new Absence(now, now.plus(pause)),
                                paused(),
                                partlyRefused()));
    }

    /** Before when no call leaves, whatever the slots are; or null. */
    public @Nullable Instant leftAloneUntil() {
        Absence absence = absence();
        Instant absent = absence == null ? null : absence.until();
        Instant closed = closedUntil();
        if (absent == null || closed == null) {
            return absent == null ? closed : absent;
        }
        return absent.isAfter(closed) ? absent : closed;
    }

    /** With one job more that waits for its first call. */
    public UpstreamState withOneMore(Priority priority) {
        return with(new Waiting(firstTries().with(priority), retries(), scheduled()));
    }

    /** With one job more whose time has not come. */
    public UpstreamState withOneMoreScheduled() {
        return with(new Waiting(firstTries(), retries(), scheduled() + 1));
    }

    /** Jobs whose first call has not left. */
    public ByPriority firstTries() {
        return waiting.firstTries();
    }

    /** Jobs that wait for another call. */
    public ByPriority retries() {
        return waiting.retries();
    }

    /** Jobs whose time has not come. */
    public long scheduled() {
        return waiting.scheduled();
    }

    /**
     * Steady time before which nothing leaves, because the upstream asked for that or refused who
     * calls; with several credentials also if each is left alone, until the first one may be used.
     * Or null.
     */
    public @Nullable Instant closedUntil() {
        Instant closed = standing.closedUntil();
        List<Credential> used = used();
        if (used.isEmpty() || used.stream().anyMatch(each -> each.closedUntil() == null)) {
            return closed;
        }
        Instant first =
                used.stream()
                        .map(Credential::closedUntil)
                        .filter(Objects::nonNull)
                        .min(Comparator.naturalOrder())
                        .orElseThrow();
        return closed == null || closed.isBefore(first) ? first : closed;
    }

    /**
     * Steady time since which who calls is refused; with several credentials since when all are
     * that take anything new. Or null.
     */
    public @Nullable Instant unauthorizedSince() {
        Instant refused = standing.unauthorizedSince();
        List<Credential> used = used();
        return used.isEmpty() || used.stream().anyMatch(each -> each.unauthorizedSince() == null)
                ? refused
                : latest(used.stream().map(Credential::unauthorizedSince), refused);
    }

    /** That nobody is at home, or null. */
    public @Nullable Absence absence() {
        return standing.absence();
    }

    /** Whether an operator stopped it. */
    public boolean paused() {
        return standing.paused();
    }

    /** Whether it refuses the credential in some of its partitions. */
    public boolean partlyRefused() {
        return standing.partlyRefused();
    }

    /** Jobs of all classes whose first call has not left. */
    public long queued() {
        return firstTries().total();
    }

    /** Jobs of all classes that wait for another call. */
    public long retrying() {
        return retries().total();
    }
}
