package dev.holdfast.rates;

import static dev.holdfast.rates.ScriptedFetcher.got;
import static dev.holdfast.rates.ScriptedFetcher.rates;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.DayFetcher.Ended;
import dev.holdfast.rates.DayFetcher.Failed;
import dev.holdfast.rates.DayFetcher.Later;
import dev.holdfast.rates.Rates.Found;
import dev.holdfast.rates.RatesMetrics.Counter;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RatesTest {
    private static final LocalDate PAST = LocalDate.of(2021, 5, 18);
    private static final LocalDate TODAY = LocalDate.of(2026, 3, 2);
    private static final Failed DOWN = new Failed(new RateError.Unreachable("refused"));

    private final VirtualTime time = new VirtualTime("2026-03-02T10:00:00Z");
    private final ScriptedFetcher source = new ScriptedFetcher();
    private final RatesMetrics metrics = new RatesMetrics();
    private final Rates rates = new Rates(source, time, time, metrics, Rates.Settings.DEFAULT);

    @Test
    void aRateIsFetchedOnceHoweverManyWaitForIt() {
        List<Found> answers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            rates.find(PAST, answers::add);
        }
        assertThat(source.calls).hasSize(1);
        assertThat(answers).isEmpty();
        source.last().answer().complete(got(PAST, "0.8", time.instant()));
        assertThat(answers).hasSize(1000).containsOnly(new Found.Known(rates(PAST, "0.8")));
        assertThat(time.timers()).isZero();
    }

    @Test
    void aPastDayIsFetchedOnceForGood() {
        fetched(PAST, "0.8");
        time.pass(Duration.ofDays(400));
        assertThat(ask(PAST)).containsExactly(new Found.Known(rates(PAST, "0.8")));
        assertThat(source.calls).hasSize(1);
        assertThat(source.last().newest()).isFalse();
    }

    @Test
    void theNewestDayIsCachedForTwoHoursAndNotForever() {
        fetched(TODAY, "0.8");
        assertThat(source.last().newest()).isTrue();
        time.pass(Duration.ofMinutes(100));
        assertThat(ask(TODAY)).hasSize(1);
        assertThat(source.calls).hasSize(1);
        time.pass(Duration.ofMinutes(20));
        assertThat(ask(TODAY)).isEmpty();
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void theNewestDayIsRefreshedAheadWhileItIsInUse() {
        fetched(TODAY, "0.8");
        time.pass(Duration.ofMinutes(110));
        assertThat(ask(TODAY)).containsExactly(new Found.Known(rates(TODAY, "0.8")));
        assertThat(ask(TODAY)).containsExactly(new Found.Known(rates(TODAY, "0.8")));
        assertThat(source.calls).hasSize(2);
        source.last().answer().complete(got(TODAY, "0.9", time.instant()));
        time.pass(Duration.ofMinutes(30));
        assertThat(ask(TODAY)).containsExactly(new Found.Known(rates(TODAY, "0.9")));
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void theNewestDayIsNotRefreshedWhenNobodyUsesIt() {
        fetched(TODAY, "0.8");
        time.pass(Duration.ofHours(10));
        assertThat(source.calls).hasSize(1);
        assertThat(time.timers()).isZero();
    }

    @Test
    void aRefreshThatFailsLeavesTheOldRatesUntilTheirTimeIsOver() {
        fetched(TODAY, "0.8");
        time.pass(Duration.ofMinutes(110));
        assertThat(ask(TODAY)).hasSize(1);
        source.last().answer().complete(DOWN);
        assertThat(ask(TODAY)).containsExactly(new Found.Known(rates(TODAY, "0.8")));
        assertThat(source.calls).hasSize(2);
        time.pass(Duration.ofMinutes(10));
        assertThat(ask(TODAY)).isEmpty();
    }

    @Test
    void whatWasNewestYesterdayIsFetchedAgainAsThePastDayItIs() {
        VirtualTime late = new VirtualTime("2026-03-02T23:30:00Z");
        Rates overMidnight = new Rates(source, late, late, metrics, Rates.Settings.DEFAULT);
        overMidnight.find(TODAY, found -> {});
        source.last().answer().complete(got(TODAY, "0.8", late.instant()));
        late.pass(Duration.ofHours(2));
        overMidnight.find(TODAY, found -> {});
        assertThat(source.calls).hasSize(2);
        assertThat(source.last().newest()).isFalse();
    }

    @Test
    void ratesThatWereKeptElsewhereAreNoYoungerThanTheyAre() {
        rates.find(TODAY, found -> {});
        source.last()
                .answer()
                .complete(got(TODAY, "0.8", time.instant().minus(Duration.ofMinutes(90))));
        time.pass(Duration.ofMinutes(31));
        assertThat(ask(TODAY)).isEmpty();
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void whoeverAsksIsAnsweredWithinTwoSecondsAndTheFetchGoesOnForTheNext() {
        List<Found> answers = ask(PAST);
        time.pass(Duration.ofMillis(1500));
        List<Found> second = ask(PAST);
        time.pass(Duration.ofMillis(400));
        assertThat(answers).hasSize(1);
        assertThat(error(answers)).isInstanceOf(RateError.TooSlow.class);
        assertThat(second).isEmpty();
        time.pass(Duration.ofSeconds(1));
        source.last().answer().complete(got(PAST, "0.8", time.instant()));
        assertThat(second).containsExactly(new Found.Known(rates(PAST, "0.8")));
        assertThat(ask(PAST)).hasSize(1);
        assertThat(source.calls).hasSize(1);
        assertThat(answers).hasSize(1);
    }

    @Test
    void failuresAreNotCachedForTwoHours() {
        List<Found> first = ask(PAST);
        source.last().answer().complete(DOWN);
        assertThat(error(first)).isInstanceOf(RateError.Unreachable.class);
        time.pass(FailureMemory.FIRST_PAUSE);
        List<Found> next = ask(PAST);
        assertThat(source.calls).hasSize(2);
        source.last().answer().complete(got(PAST, "0.8", time.instant()));
        assertThat(next).containsExactly(new Found.Known(rates(PAST, "0.8")));
    }

    @Test
    void whoAsksShortlyBeforeAFailingSourceIsTriedAgainWaitsForIt() {
        ask(PAST);
        source.last().answer().complete(DOWN);
        List<Found> soon = ask(PAST);
        List<Found> elsewhere = ask(PAST.plusDays(1));
        assertThat(soon).isEmpty();
        assertThat(error(elsewhere)).isInstanceOf(RateError.Unreachable.class);
        assertThat(source.calls).hasSize(1);
        time.pass(FailureMemory.FIRST_PAUSE);
        assertThat(source.calls).hasSize(2);
        source.last().answer().complete(got(PAST, "0.8", time.instant()));
        assertThat(soon).containsExactly(new Found.Known(rates(PAST, "0.8")));
    }

    @Test
    void whoAsksLongBeforeAFailingSourceIsTriedAgainIsToldAtOnce() {
        ask(PAST);
        source.last().answer().complete(DOWN);
        time.pass(FailureMemory.FIRST_PAUSE);
        ask(PAST);
        source.last().answer().complete(DOWN);
        assertThat(error(ask(PAST))).isInstanceOf(RateError.Unreachable.class);
        assertThat(source.calls).hasSize(2);
        assertThat(time.timers()).isZero();
    }

    @Test
    void aFailingSourceIsProbedFewerThanTenTimesAMinute() {
        int calls = 0;
        for (int second = 0; second < 600; second++) {
            ask(PAST.plusDays(second));
            if (source.calls.size() > calls) {
                calls = source.calls.size();
                source.last().answer().complete(DOWN);
            }
            time.pass(Duration.ofSeconds(1));
        }
        assertThat(calls).isBetween(60, 90);
        time.pass(FailureMemory.MAX_PAUSE);
        List<Found> healed = ask(PAST);
        source.last().answer().complete(got(PAST, "0.8", time.instant()));
        assertThat(healed).containsExactly(new Found.Known(rates(PAST, "0.8")));
        ask(PAST.plusDays(1));
        ask(PAST.plusDays(2));
        assertThat(source.calls).hasSize(calls + 3);
    }

    @Test
    void whileTheSourceFailsOneCallAtATimeFindsOutWhetherItHealed() {
        ask(PAST);
        source.last().answer().complete(DOWN);
        time.pass(FailureMemory.FIRST_PAUSE);
        ask(PAST.plusDays(1));
        assertThat(error(ask(PAST.plusDays(2)))).isInstanceOf(RateError.Unreachable.class);
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void aRefusedDayDoesNotHoldUpOtherDays() {
        List<Found> refused = ask(PAST);
        source.last().answer().complete(new Failed(new RateError.Refused(PAST, 422, "too old")));
        assertThat(error(refused).words()).contains("too old");
        ask(PAST.plusDays(1));
        assertThat(source.calls).hasSize(2);
        assertThat(error(ask(PAST)).words()).contains("too old");
        time.pass(FailureMemory.DAY_PAUSE);
        assertThat(ask(PAST)).isEmpty();
        assertThat(source.calls).hasSize(3);
    }

    @Test
    void aWorkingDayWithAnEarlierDaysRatesIsAskedForAgain() {
        DayRates earlier = of(PAST, PAST.minusDays(1));
        List<Found> first = ask(PAST);
        source.last().answer().complete(new DayFetcher.Got(earlier, time.instant()));
        assertThat(first).containsExactly(new Found.Known(earlier));
        time.pass(Duration.ofHours(1));
        assertThat(ask(PAST)).containsExactly(new Found.Known(earlier));
        time.pass(Duration.ofHours(1));
        fetched(PAST, "0.9");
        time.pass(Duration.ofDays(400));
        assertThat(ask(PAST)).containsExactly(new Found.Known(rates(PAST, "0.9")));
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void aDayWithoutRatesOfItsOwnIsSettledByTheLastBeforeIt() {
        for (LocalDate free :
                List.of(LocalDate.of(2021, 5, 16), LocalDate.of(2021, 4, 5))) { // Sunday, Easter
            DayRates before = of(free, free.minusDays(3));
            ask(free);
            source.last().answer().complete(new DayFetcher.Got(before, time.instant()));
            int calls = source.calls.size();
            time.pass(Duration.ofDays(1));
            assertThat(ask(free)).containsExactly(new Found.Known(before));
            assertThat(source.calls).hasSize(calls);
        }
    }

    @Test
    void ratesThatAreTooOldForTheDayAreNone() {
        LocalDate last = PAST.minusDays(7);
        List<Found> still = ask(PAST);
        source.last().answer().complete(new DayFetcher.Got(of(PAST, last), time.instant()));
        assertThat(still).containsExactly(new Found.Known(of(PAST, last)));
        LocalDate next = PAST.plusDays(1);
        List<Found> tooOld = ask(next);
        source.last().answer().complete(new DayFetcher.Got(of(next, last), time.instant()));
        assertThat(error(tooOld)).isEqualTo(new RateError.TooOld(next, last, Duration.ofDays(7)));
        assertThat(error(tooOld).words()).contains("rates.max-age");
        ask(PAST.plusDays(2));
        assertThat(source.calls).as("other days are asked for").hasSize(3);
    }

    @Test
    void aClockThatIsAMinuteAheadIsNotInTheFuture() {
        VirtualTime late = new VirtualTime("2026-03-02T23:59:00.001Z");
        Rates beforeMidnight = new Rates(source, late, late, metrics, Rates.Settings.DEFAULT);
        List<Found> tomorrow = new ArrayList<>();
        beforeMidnight.find(TODAY.plusDays(1), tomorrow::add);
        assertThat(source.last().newest()).isTrue();
        source.last().answer().complete(got(TODAY.plusDays(1), "0.8", late.instant()));
        assertThat(tomorrow).containsExactly(new Found.Known(rates(TODAY.plusDays(1), "0.8")));
        List<Found> dayAfter = new ArrayList<>();
        beforeMidnight.find(TODAY.plusDays(2), dayAfter::add);
        assertThat(error(dayAfter)).isInstanceOf(RateError.DateInFuture.class);
    }

    @Test
    void aDayThatFailsForNoReasonFailsAloneUntilAnotherFailsToo() {
        var broken = new Failed(new RateError.SourceFailed(500));
        ask(PAST);
        source.last().answer().complete(broken);
        fetched(PAST.plusDays(1), "0.8");
        time.pass(FailureMemory.FIRST_PAUSE);
        ask(PAST);
        source.last().answer().complete(broken);
        fetched(PAST.plusDays(2), "0.8");
        assertThat(source.calls).hasSize(4);
        assertThat(error(ask(PAST))).as("it is left alone for longer").isEqualTo(broken.error());
        time.pass(FailureMemory.FIRST_PAUSE.multipliedBy(2));
        ask(PAST);
        source.last().answer().complete(broken);
        ask(PAST.plusDays(3));
        source.last().answer().complete(broken);
        assertThat(source.calls).hasSize(6);
        ask(PAST.plusDays(4));
        assertThat(source.calls).as("it is the source").hasSize(6);
    }

    private static DayRates of(LocalDate day, LocalDate validOn) {
        return new DayRates(day, validOn, "USD", rates(day, "0.8").rates());
    }

    @Test
    void daysThatCannotBeHadCostNoCall() {
        assertThat(error(ask(TODAY.plusDays(1)))).isInstanceOf(RateError.DateInFuture.class);
        assertThat(error(ask(LocalDate.of(1998, 12, 31))))
                .isInstanceOf(RateError.BeforeHistory.class);
        assertThat(source.calls).isEmpty();
    }

    @Test
    void whoCannotBeServedWithinTheQuotaIsToldAtOnce() {
        List<Found> waiting = ask(PAST);
        var end = new CompletableFuture<Ended>();
        var until = time.instant().plusSeconds(40);
        source.last().answer().complete(new Later(until, new RateError.OutOfQuota(until), end));
        assertThat(error(waiting).words()).contains("quota").contains("2026-03-02T10:00:40Z");
        assertThat(error(ask(PAST))).isInstanceOf(RateError.OutOfQuota.class);
        time.pass(Duration.ofSeconds(39));
        List<Found> soon = ask(PAST);
        assertThat(soon).isEmpty();
        end.complete((Ended) got(PAST, "0.8", time.instant()));
        assertThat(soon).containsExactly(new Found.Known(rates(PAST, "0.8")));
        assertThat(source.calls).hasSize(1);
    }

    @Test
    void aFetchThatTakesLongerStillServesThoseWhoCanWait() {
        List<Found> waiting = ask(PAST);
        var end = new CompletableFuture<Ended>();
        source.last()
                .answer()
                .complete(new Later(null, new RateError.TooSlow(PAST, Duration.ofSeconds(2)), end));
        assertThat(waiting).isEmpty();
        end.complete((Ended) got(PAST, "0.8", time.instant()));
        assertThat(waiting).hasSize(1);
    }

    @Test
    void moreThanCanWaitAreToldSo() {
        for (int i = 0; i < Rates.MAX_WAITING; i++) {
            rates.find(PAST, found -> {});
        }
        assertThat(error(ask(PAST))).isInstanceOf(RateError.Overloaded.class);
        time.pass(Duration.ofSeconds(2));
        assertThat(ask(PAST)).isEmpty();
    }

    @Test
    void moreDaysThanCanBeFetchedAreToldSo() {
        for (int i = 0; i < Rates.MAX_FLIGHTS; i++) {
            ask(PAST.minusDays(i));
        }
        assertThat(error(ask(PAST.plusDays(1)))).isInstanceOf(RateError.Overloaded.class);
        assertThat(source.calls).hasSize(Rates.MAX_FLIGHTS);
    }

    @Test
    void callsFailuresAndTheAgeOfTheNewestRatesAreCounted() {
        assertThat(metrics.rateAge(time.instant())).isEmpty();
        fetched(TODAY, "0.8");
        ask(PAST);
        source.last().answer().complete(DOWN);
        time.pass(Duration.ofMinutes(3));
        assertThat(metrics.rateAge(time.instant())).contains(Duration.ofMinutes(3));
        assertThat(metrics.value(Counter.SOURCE_CALLS)).isEqualTo(2);
        assertThat(metrics.value(Counter.SOURCE_FAILURES)).isEqualTo(1);
    }

    private void fetched(LocalDate day, String euros) {
        List<Found> found = ask(day);
        source.last().answer().complete(got(day, euros, time.instant()));
        assertThat(found).hasSize(1);
    }

    private List<Found> ask(LocalDate day) {
        List<Found> answers = new ArrayList<>();
        rates.find(day, answers::add);
        return answers;
    }

    private static RateError error(List<Found> answers) {
        assertThat(answers).hasSize(1);
        assertThat(answers.getFirst()).isInstanceOf(Found.None.class);
        return ((Found.None) answers.getFirst()).error();
    }
}
