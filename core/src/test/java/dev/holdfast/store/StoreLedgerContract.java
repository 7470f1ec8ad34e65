package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Missing;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Staircases;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Store} says of its ledger: the same as a list of all calls would, whatever
 * order they settle in.
 */
abstract class StoreLedgerContract extends StoreReadsContract {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Decision OVER =
            new Decision.Fail(new Failure(Failure.Reason.MAX_ATTEMPTS, null, null));

    @Test
    void aSmallQuotaIsKeptAsAListOfItsCallsWouldKeepIt() {
        playSmall();
    }

    @Test
    void aLargeQuotaIsKeptAsAListOfItsCallsWouldKeepIt() {
        playLarge();
    }

    protected void playSmall() {
        Quota small =
                new Quota(List.of(new Window(4, MINUTE), new Window(9, Duration.ofMinutes(5))));
        Model model = new Model(small, 1, 40_000);
        model.play(700);
        assertThat(model.probes).as("calls that left as probes").isPositive();
    }

    protected void playLarge() {
        Quota large =
                new Quota(
                        List.of(
                                new Window(30, MINUTE),
                                new Window(100, Duration.ofMinutes(5)),
                                new Window(700, DAY.minusMinutes(5))));
        new Model(large, 2, 8_000).play(steps(1_200));
    }

    /** How many steps of so many are played. */
    protected int steps(int steps) {
        return steps;
    }

    /** Every call that counts, one by one. */
    private final class Model {
        private final Quota quota;
        private final Random random;

        /** Longest between two steps, in milliseconds. */
        private final int pause;

        private final List<Flying> inFlight = new ArrayList<>();
        private final List<Instant> settled = new ArrayList<>();
        private final List<Lost> missing = new ArrayList<>();
        private boolean hung;
        private int asked;
        private int waiting;
        private int refused;
        private int lost;
        private int probes;

        private record Flying(ClaimedJob job, Instant taken) {}

        private record Lost(Instant givenUp, boolean probe) {}

        Model(Quota quota, long seed, int pause) {
            this.quota = quota;
            this.pause = pause;
            random = new Random(seed);
        }

        void play(int steps) {
            for (int step = 0; step < steps; step++) {
                hung ^= random.nextInt(hung ? 70 : 90) == 0;
                int dice = random.nextInt(100);
                if (dice < 25) {
                    time.pass(Duration.ofMillis(random.nextInt(pause)));
                } else if (dice < 60) {
                    claimSome();
                } else if (dice < 96) {
                    settleOne();
                } else if (dice < 98) {
                    reopen();
                } else {
                    prune();
                    if (random.nextInt(4) == 0) {
                        time.pass(Duration.ofMinutes(random.nextInt(40)));
                    }
                }
            }
            assertThat(refused).as("times that there was no slot").isGreaterThan(4);
            assertThat(settled.size()).as("calls that settled").isGreaterThan(steps / 40);
            assertThat(lost).as("calls that may still arrive").isGreaterThan(4);
        }

        private void claimSome() {
            int max = 1 + random.nextInt(12);
            List<NewRequest> more = new ArrayList<>();
            for (; waiting < max; waiting++) {
                String message = quota.largestLimit() + "-" + asked++;
                more.add(cachedFor(ask(SHOP, message), Duration.ZERO));
            }
            heldTogether(more);
            Instant now = store.clock().instant();
            Verdict verdict = quota.verdict(occupancy(), now);
            int expected =
                    switch (verdict) {
                        case Verdict.Granted(int slots) -> Math.min(slots, max);
                        case Verdict.Probe(Instant at) -> at.isAfter(now) ? 0 : 1;
                        case Verdict.NotBefore _, Verdict.AfterSettling _ -> 0;
                    };
            Claim claim = claim(max, quota);
            assertThat(claim.jobs()).as("%s", verdict).hasSize(expected);
            claim.jobs().forEach(job -> inFlight.add(new Flying(job, now)));
            probes += (int) claim.jobs().stream().filter(ClaimedJob::probe).count();
            waiting -= expected;
            if (expected < max) {
                refused++;
                assertThat(claim.nextAt()).isEqualTo(next(quota.verdict(occupancy(), now), now));
            }
            for (Window window : quota.windows()) {
                assertThat(Quota.taken(window, claim.state().slots(), now))
                        .isEqualTo(Quota.taken(window, occupancy(), now));
            }
        }

        private static Instant next(Verdict verdict, Instant now) {
            return switch (verdict) {
                case Verdict.Granted _ -> now;
                case Verdict.NotBefore(Instant at) -> at;
                case Verdict.Probe(Instant at) -> at.isAfter(now) ? at : now;
                case Verdict.AfterSettling() -> null;
            };
        }

        private void settleOne() {
            if (inFlight.isEmpty()) {
                return;
            }
            Flying call = inFlight.remove(random.nextInt(inFlight.size()));
            Instant now = store.clock().instant();
            Settlement.Arrival arrival =
                    switch (hung ? 9 : random.nextInt(10)) {
                        case 0, 1, 2 -> Settlement.Arrival.OVER;
                        case 9 -> Settlement.Arrival.OPEN;
                        default -> Settlement.Arrival.ANSWERED;
                    };
            // Also of one that settled by a clock that was ahead.
            boolean ahead = arrival != Settlement.Arrival.ANSWERED && random.nextBoolean();
            Duration onItsWay = ahead ? Duration.ofSeconds(45) : Duration.ZERO;
            await(
                    store.settle(
                            new Settlement(
                                    call.job(),
                                    "status",
                                    null,
                                    arrival,
                                    onItsWay,
                                    Duration.ZERO,
                                    OVER)));
            Instant until = call.taken().plus(onItsWay);
            Instant at = until.isAfter(now) ? until : now;
            if (arrival == Settlement.Arrival.OPEN) {
                missing.add(new Lost(at, call.job().probe()));
                lost++;
                return;
            }
            if (arrival == Settlement.Arrival.ANSWERED) {
                for (Lost lost : List.copyOf(missing)) {
                    if (lost.givenUp().isBefore(call.taken())) {
                        missing.remove(lost);
                        settle(at);
                    }
                }
            }
            settle(at);
        }

        /** None settled before one that was written earlier. */
        private void settle(Instant at) {
            Instant last = settled.isEmpty() ? at : settled.getLast();
            settled.add(last.isAfter(at) ? last : at);
        }

        private Occupancy occupancy() {
            List<Instant> all = new ArrayList<>(settled);
            missing.forEach(lost -> all.add(lost.givenUp()));
            Instant last =
                    missing.stream().map(Lost::givenUp).max(Instant::compareTo).orElse(Instant.MIN);
            long lostProbes = missing.stream().filter(Lost::probe).count();
            return new Occupancy(
                    inFlight.size(),
                    Staircases.of(settled),
                    missing.isEmpty()
                            ? Missing.NONE
                            : new Missing(missing.size(), lostProbes, last, Staircases.of(all)));
        }
    }
}
