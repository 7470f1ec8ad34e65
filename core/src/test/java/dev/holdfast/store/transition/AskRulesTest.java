package dev.holdfast.store.transition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Body;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.store.Accepted;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.queue.Wishes;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.transition.AskRules.Cached;
import dev.holdfast.store.transition.AskRules.Fresh;
import dev.holdfast.store.transition.AskRules.Joined;
import dev.holdfast.store.transition.AskRules.Kept;
import dev.holdfast.store.transition.AskRules.Known;
import dev.holdfast.store.transition.AskRules.Refused;
import dev.holdfast.store.transition.AskRules.Repeated;
import dev.holdfast.store.transition.AskRules.Ruling;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AskRulesTest {
    private static final long NOW = 1_000;
    private static final int MAX_PENDING = 5;
    private static final int MAX_QUEUE = 9;
    private static final JobKey KEY = new JobKey(1, 2);
    private static final JobKey SAID = new JobKey(3, 4);
    private static final NewRequest ASK = ask(null);
    private static final NewRequest WITH_KEY = ask(new NewRequest.Idempotency("key", SAID));

    /** A client that may ask, at an upstream that has room. */
    private static final Known NOTHING = new Known(null, null, true, 0, 0);

    @Test
    void whatNobodyAskedBeforeGetsAJobOfItsOwn() {
        assertThat(AskRules.decide(NOTHING, ASK)).isEqualTo(new Fresh());
    }

    @Test
    void aClientMayHaveItsShareAndNotOneMore() {
        assertThat(ruling(null, MAX_PENDING - 1, 0)).isEqualTo(new Fresh());
        assertThat(ruling(null, MAX_PENDING, 0)).isEqualTo(refused(Accepted.Why.TOO_MANY_PENDING));
    }

    @Test
    void anUpstreamMayHaveItsQueueAndNotOneJobMore() {
        assertThat(ruling(null, 0, MAX_QUEUE - 1)).isEqualTo(new Fresh());
        assertThat(ruling(null, 0, MAX_QUEUE)).isEqualTo(refused(Accepted.Why.QUEUE_FULL));
    }

    @Test
    void whatIsUnderWayIsJoinedWhoeverAskedForItAndHoweverFullTheQueueIs() {
        Stream.of(Status.QUEUED, Status.RUNNING, Status.RETRYING)
                .map(AskRulesTest::job)
                .forEach(
                        job ->
                                assertThat(ruling(job, MAX_PENDING - 1, MAX_QUEUE))
                                        .isEqualTo(new Joined(job)));
    }

    @Test
    void whoeverJoinsIsOneMoreOfTheClients() {
        assertThat(ruling(job(Status.RUNNING), MAX_PENDING, 0))
                .isEqualTo(refused(Accepted.Why.TOO_MANY_PENDING));
    }

    @Test
    void aResultThatIsThereTakesNoPlaceAnywhere() {
        Job done = job(Status.SUCCEEDED);
        assertThat(ruling(done, MAX_PENDING, MAX_QUEUE)).isEqualTo(new Cached(done));
    }

    @Test
    void howManyAnswersFromTheCacheAreKeptIsBounded() {
        Known known = new Known(null, job(Status.SUCCEEDED), false, 0, 0);
        assertThat(AskRules.decide(known, ASK)).isEqualTo(refused(Accepted.Why.TOO_MANY_PENDING));
    }

    @Test
    void theSameKeyWithTheSameAskIsTheSameRequestWhateverElseIsKnown() {
        RequestRecord first = new AskedRow(WITH_KEY, 7, null, null).fresh(job(Status.QUEUED, null));
        Known known =
                new Known(
                        new Kept(SAID, first),
                        job(Status.SUCCEEDED),
                        false,
                        MAX_PENDING,
                        MAX_QUEUE);
        assertThat(AskRules.decide(known, WITH_KEY)).isEqualTo(new Repeated(first));
    }

    @Test
    void theSameKeyWithAnotherAskIsRefused() {
        RequestRecord first = new AskedRow(WITH_KEY, 7, null, null).fresh(job(Status.QUEUED, null));
        Known known = new Known(new Kept(new JobKey(3, 5), first), job(Status.QUEUED), true, 0, 0);
        assertThat(AskRules.decide(known, WITH_KEY)).isEqualTo(refused(Accepted.Why.KEY_REUSED));
    }

    @Test
    void aJobServesWhileItIsUnderWayOrItsResultIsFresh() {
        assertThat(Stream.of(Status.values()).filter(status -> AskRules.serves(job(status), NOW)))
                .containsExactly(Status.SCHEDULED, Status.QUEUED, Status.RUNNING, Status.RETRYING);
        assertThat(AskRules.serves(cached(NOW + 1), NOW)).isTrue();
        assertThat(AskRules.serves(cached(NOW), NOW)).isFalse();
    }

    private static Ruling ruling(@Nullable Job job, int pending, long unfinished) {
        return AskRules.decide(new Known(null, job, true, pending, unfinished), ASK);
    }

    private static Refused refused(Accepted.Why why) {
        return new Refused(why);
    }

    private static Job job(Status status) {
        return job(status, null);
    }

    private static Job cached(long until) {
        return job(Status.SUCCEEDED, until);
    }

    private static Job job(Status status, @Nullable Long cachedUntil) {
        return new Job(
                7,
                1,
                "/sign",
                1,
                new UUID(0, 1),
                KEY.high(),
                KEY.low(),
                null,
                null,
                "{}",
                Body.none(),
                status,
                1,
                null,
                0,
                0,
                true,
                0,
                60,
                Wishes.of(Priority.NORMAL, false),
                cachedUntil,
                Priority.NORMAL,
                1,
                null);
    }

    private static NewRequest ask(NewRequest.@Nullable Idempotency key) {
        return new NewRequest(
                new UUID(0x0190_0000_0000_7000L, Long.MIN_VALUE),
                1,
                MAX_PENDING,
                "api",
                MAX_QUEUE,
                "/sign",
                KEY,
                "{}",
                true,
                Duration.ofMinutes(1),
                null,
                null,
                null,
                key);
    }
}
