package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.pace.Past;
import dev.holdfast.pace.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class LifecycleTest {
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration BACKOFF = Duration.ofSeconds(5);
    private static final RetryPolicy POLICY =
            new RetryPolicy(RetryPolicy.Backoff.FIXED, BACKOFF, BACKOFF, 0, 0, DAY);
    private static final RetryPolicy NEVER_GIVES_UP =
            new RetryPolicy(RetryPolicy.Backoff.FIXED, BACKOFF, BACKOFF, 0, 0, Duration.ZERO);
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final RandomGenerator RANDOM =
            RandomGeneratorFactory.of("L64X128MixRandom").create(1);

    private static Decision after(Duration age, Duration retryAfter) {
        return Lifecycle.decide(
                new Lifecycle.Standing(0, age, true),
                new Outcome.Failed(Outcome.Why.STATUS, 503, retryAfter, false),
                POLICY,
                Duration.ofMinutes(1),
                RANDOM);
    }

    @Test
    void aLongerWaitThanTheBackoffIsKeptToIfItIsAskedFor() {
        Duration asked = Duration.ofMinutes(10);
        assertThat(after(Duration.ZERO, asked)).isEqualTo(new Decision.Retry(asked, true, null));
        assertThat(after(Duration.ZERO, Duration.ofSeconds(1)))
                .isEqualTo(new Decision.Retry(BACKOFF, true, null));
    }

    @Test
    void aMaintenancePageThatSaysTomorrowGetsALastCall() {
        Duration age = Duration.ofHours(1);
        assertThat(after(age, Duration.ofHours(25)))
                .isEqualTo(new Decision.Retry(DAY.minus(age), true, null));
    }

    @Test
    void whatHasNoTimeForAnotherCallIsGivenUp() {
        assertThat(after(DAY.minus(BACKOFF).plusMillis(1), Duration.ofHours(1)))
                .isInstanceOfSatisfying(
                        Decision.Fail.class,
                        fail ->
                                assertThat(fail.failure().reason())
                                        .isEqualTo(Failure.Reason.GAVE_UP));
        assertThat(after(DAY.minus(BACKOFF), Duration.ofHours(1)))
                .isEqualTo(new Decision.Retry(BACKOFF, true, null));
    }

    @Test
    void whereNobodyIsAtHomeNothingIsChargedAndOnlyThePolicysAgeEndsIt() {
        var nobody = new Outcome.Failed(Outcome.Why.REFUSED, null, null, false);
        RetryPolicy once = new RetryPolicy(RetryPolicy.Backoff.FIXED, BACKOFF, BACKOFF, 0, 1, DAY);
        assertThat(absent(Duration.ZERO, nobody, once, true))
                .isEqualTo(
                        new Decision.Retry(
                                Duration.ZERO, false, new Decision.Closing.Absent(BACKOFF)));
        assertThat(absent(DAY.plusMillis(1), nobody, once, true))
                .isInstanceOfSatisfying(
                        Decision.Fail.class,
                        fail -> {
                            assertThat(fail.failure().reason()).isEqualTo(Failure.Reason.GAVE_UP);
                            assertThat(fail.closing())
                                    .isEqualTo(new Decision.Closing.Absent(BACKOFF));
                        });
    }

    @Test
    void whatMayHaveTakenEffectIsNotCalledAgainThoughNobodyIsAtHome() {
        var reset = new Outcome.Failed(Outcome.Why.RESET, null, null, true);
        assertThat(absent(Duration.ZERO, reset, POLICY, false))
                .isInstanceOfSatisfying(
                        Decision.Fail.class,
                        fail -> {
                            assertThat(fail.failure().reason()).isEqualTo(Failure.Reason.UNCERTAIN);
                            assertThat(fail.closing())
                                    .as("those behind it wait")
                                    .isEqualTo(new Decision.Closing.Absent(BACKOFF));
                        });
    }

    private static Decision absent(
            Duration age, Outcome outcome, RetryPolicy policy, boolean repeatable) {
        return Lifecycle.decide(
                new Lifecycle.Standing(0, age, repeatable, Past.NONE, BACKOFF),
                outcome,
                policy,
                WINDOW,
                RANDOM);
    }

    @Test
    void anAnswerThatCannotBeTheResultIsFinal() {
        for (Outcome.Unusable.Kind kind : Outcome.Unusable.Kind.values()) {
            assertThat(
                            Lifecycle.decide(
                                    new Lifecycle.Standing(0, Duration.ZERO, true),
                                    new Outcome.Unusable(kind, 200, "why"),
                                    POLICY,
                                    Duration.ofMinutes(1),
                                    RANDOM))
                    .isEqualTo(new Decision.Fail(new Failure(kind.reason(), 200, null, "why")));
        }
    }

    @Test
    void everyOutcomeThatLeadsToAnotherCallEndsWithThePolicysAge() {
        for (Outcome outcome :
                List.of(
                        new Outcome.Throttled(429, null),
                        new Outcome.Throttled(429, Duration.ofSeconds(1)),
                        new Outcome.Throttled(503, Duration.ofDays(2)),
                        new Outcome.Unauthorized("no"),
                        new Outcome.Stale(),
                        new Outcome.Uncalled(null),
                        new Outcome.Uncalled(Duration.ofDays(2)),
                        new Outcome.Failed(Outcome.Why.CRASH, null, null, true),
                        new Outcome.Failed(Outcome.Why.STATUS, 503, null, false))) {
            assertThat(after(DAY.minus(BACKOFF), outcome, POLICY))
                    .as("%s", outcome)
                    .isInstanceOf(Decision.Retry.class);
            assertThat(after(DAY.plusMillis(1), outcome, POLICY))
                    .as("%s", outcome)
                    .isInstanceOfSatisfying(
                            Decision.Fail.class,
                            fail ->
                                    assertThat(fail.failure().reason())
                                            .isEqualTo(Failure.Reason.GAVE_UP));
            assertThat(after(DAY.multipliedBy(1000), outcome, NEVER_GIVES_UP))
                    .as("%s", outcome)
                    .isInstanceOf(Decision.Retry.class);
        }
    }

    @Test
    void aThrottledUpstreamIsClosedAndNothingIsCharged() {
        assertThat(after(Duration.ZERO, new Outcome.Throttled(429, null), POLICY))
                .isEqualTo(closedFor(WINDOW));
        Duration asked = Duration.ofDays(2);
        assertThat(after(Duration.ZERO, new Outcome.Throttled(503, asked), POLICY))
                .isEqualTo(closedFor(asked));
        assertThat(after(Duration.ZERO, new Outcome.Throttled(429, Duration.ZERO), POLICY))
                .isEqualTo(closedFor(Lifecycle.SHORTEST_CLOSING));
    }

    @Test
    void withoutATokenTheUpstreamIsClosedAndAStaleOneIsWorthOneMoreCallAtOnce() {
        assertThat(after(Duration.ZERO, new Outcome.Stale(), POLICY))
                .isEqualTo(new Decision.Retry(Duration.ZERO, false, null));
        assertThat(after(Duration.ZERO, new Outcome.Uncalled(Duration.ofSeconds(8)), POLICY))
                .isEqualTo(closedFor(Duration.ofSeconds(8)));
        assertThat(after(Duration.ZERO, new Outcome.Uncalled(null), POLICY))
                .isEqualTo(
                        new Decision.Retry(
                                Duration.ZERO, false, new Decision.Closing.Unauthorized()));
    }

    @Test
    void theUpstreamIsLeftAloneAlsoIfTheJobIsGivenUp() {
        Duration old = DAY.plusMillis(1);
        assertThat(after(old, new Outcome.Unauthorized("no"), POLICY).closing())
                .isEqualTo(new Decision.Closing.Unauthorized());
        assertThat(after(old, new Outcome.Throttled(429, null), POLICY).closing())
                .isEqualTo(new Decision.Closing.For(WINDOW));
        assertThat(after(old, new Outcome.Rejected(400, "no"), POLICY).closing()).isNull();
    }

    @Test
    void aRefusedCredentialClosesTheUpstreamAndKeepsTheJob() {
        assertThat(after(Duration.ZERO, new Outcome.Unauthorized("no"), POLICY))
                .isEqualTo(
                        new Decision.Retry(
                                Duration.ZERO, false, new Decision.Closing.Unauthorized()));
    }

    @Test
    void whatMayHaveTakenEffectIsCalledAgainOnlyIfItMayBe() {
        for (Outcome.Why why : List.of(Outcome.Why.CRASH, Outcome.Why.TIMEOUT, Outcome.Why.RESET)) {
            Outcome uncertain = new Outcome.Failed(why, null, null, true);
            assertThat(afterFirst(uncertain, false))
                    .as("%s", why)
                    .isEqualTo(
                            new Decision.Fail(new Failure(Failure.Reason.UNCERTAIN, null, null)));
            assertThat(afterFirst(uncertain, true)).isInstanceOf(Decision.Retry.class);
        }
        Outcome never = new Outcome.Failed(Outcome.Why.REFUSED, null, null, false);
        assertThat(afterFirst(never, false)).isInstanceOf(Decision.Retry.class);
    }

    @Test
    void attemptsThatAreChargedAreCountedAndACrashIsNot() {
        RetryPolicy three = new RetryPolicy(RetryPolicy.Backoff.FIXED, BACKOFF, BACKOFF, 0, 3, DAY);
        Outcome failed = new Outcome.Failed(Outcome.Why.STATUS, 500, null, false);
        Outcome crash = new Outcome.Failed(Outcome.Why.CRASH, null, null, true);
        assertThat(charged(1, failed, three)).isEqualTo(new Decision.Retry(BACKOFF, true, null));
        assertThat(charged(2, failed, three))
                .isEqualTo(new Decision.Fail(new Failure(Failure.Reason.MAX_ATTEMPTS, 500, null)));
        assertThat(charged(2, crash, three))
                .isEqualTo(new Decision.Retry(Duration.ZERO, false, null));
    }

    @Test
    void waitsDoubleWithinTheirBounds() {
        RetryPolicy policy =
                new RetryPolicy(
                        RetryPolicy.Backoff.EXPONENTIAL,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(60),
                        0.2,
                        0,
                        DAY);
        long[] seconds = {5, 10, 20, 40, 60, 60};
        for (int failures = 1; failures <= seconds.length; failures++) {
            long usual = Duration.ofSeconds(seconds[failures - 1]).toMillis();
            for (int i = 0; i < 200; i++) {
                assertThat(policy.delay(failures, Past.NONE, RANDOM).toMillis())
                        .isBetween(usual * 8 / 10, usual * 12 / 10);
            }
        }
    }

    private static Decision afterFirst(Outcome outcome, boolean repeatable) {
        return Lifecycle.decide(
                new Lifecycle.Standing(0, Duration.ZERO, repeatable),
                outcome,
                POLICY,
                WINDOW,
                RANDOM);
    }

    private static Decision charged(int before, Outcome outcome, RetryPolicy policy) {
        return Lifecycle.decide(
                new Lifecycle.Standing(before, Duration.ZERO, true),
                outcome,
                policy,
                WINDOW,
                RANDOM);
    }

    private static Decision closedFor(Duration length) {
        return new Decision.Retry(Duration.ZERO, false, new Decision.Closing.For(length));
    }

    private static Decision after(Duration age, Outcome outcome, RetryPolicy policy) {
        return Lifecycle.decide(
                new Lifecycle.Standing(0, age, true), outcome, policy, WINDOW, RANDOM);
    }
}
