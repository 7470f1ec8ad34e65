package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Costs;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Outcome.Why;
import dev.holdfast.request.Result;
import dev.holdfast.store.Settlement.Arrival;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OutcomesTest {
    /** Each that an answer came for. */
    private static final List<Outcome> ANSWERS =
            List.of(
                    new Outcome.Done(new Result(200, "r")),
                    new Outcome.Rejected(404, "no"),
                    new Outcome.Unusable(Outcome.Unusable.Kind.TOO_LARGE, 200, "large"),
                    new Outcome.Unauthorized(""),
                    new Outcome.Throttled(429, null),
                    new Outcome.Stale(),
                    new Outcome.Failed(Why.STATUS, 500, null, true),
                    new Outcome.Failed(Why.TIMEOUT, 200, null, true),
                    new Outcome.Failed(Why.RESET, 200, null, true));

    /** Each of a call that surely never left. */
    private static final List<Outcome> UNSENT =
            List.of(
                    new Outcome.Unsendable("why"),
                    new Outcome.Uncalled(null),
                    new Outcome.Failed(Why.REFUSED, null, null, false));

    @Test
    void onlyAnAnswerOrWhatWasNeverSentTellsWhenACallArrived() {
        for (Outcome answer : ANSWERS) {
            assertThat(Outcomes.arrival(answer)).as(answer.toString()).isEqualTo(Arrival.ANSWERED);
        }
        for (Outcome unsent : UNSENT) {
            assertThat(Outcomes.arrival(unsent)).as(unsent.toString()).isEqualTo(Arrival.OVER);
        }
        for (Why why : Why.values()) {
            Arrival expected = why == Why.TIMEOUT || why == Why.CRASH ? Arrival.OPEN : Arrival.OVER;
            assertThat(arrival(why, true)).as(why.name()).isEqualTo(expected);
            assertThat(arrival(why, false)).as(why.name()).isEqualTo(Arrival.OVER);
        }
    }

    @Test
    void onlyWhatWasNeverSentTookNothingOfWhatWasReserved() {
        Costs reserved = Costs.of(Map.of("points", 3L, "tokens", 100L));
        for (Outcome unsent : UNSENT) {
            assertThat(Outcomes.used(unsent, reserved))
                    .as(unsent.toString())
                    .isEqualTo(Map.of("points", 0L, "tokens", 0L));
        }
        for (Outcome answer : ANSWERS) {
            assertThat(Outcomes.used(answer, reserved)).as(answer.toString()).isEmpty();
        }
        for (Why why : Why.values()) {
            Outcome sent = new Outcome.Failed(why, null, null, true);
            assertThat(Outcomes.used(sent, reserved)).as(why.name()).isEmpty();
        }
        assertThat(Outcomes.used(new Outcome.Failed(Why.RESET, null, null, false), reserved))
                .isEmpty();
    }

    @Test
    void whatAnAnswerSaysThatItTookIsOfTheUnitsThatWereReserved() {
        Outcome done =
                new Outcome.Done(new Result(200, "r"), Map.of("tokens", 70L, "of others", 1L));
        assertThat(Outcomes.used(done, Costs.of(Map.of("points", 3L, "tokens", 100L))))
                .isEqualTo(Map.of("tokens", 70L));
        assertThat(Outcomes.used(done, Costs.NONE)).isEmpty();
    }

    @Test
    void theLogSaysHowACallEndedAndWithWhichStatus() {
        assertThat(ANSWERS.stream().map(Outcomes::word))
                .containsExactly(
                        "done",
                        "rejected",
                        "too_large",
                        "unauthorized",
                        "throttled",
                        "stale",
                        "status",
                        "timeout",
                        "reset");
        assertThat(ANSWERS.stream().map(Outcomes::status))
                .containsExactly(200, 404, 200, 401, 429, 401, 500, 200, 200);
        assertThat(UNSENT.stream().map(Outcomes::word))
                .containsExactly("rejected", "uncalled", "refused");
        assertThat(UNSENT.stream().map(Outcomes::status))
                .containsExactly(Outcome.Unsendable.STATUS, null, null);
    }

    @Test
    void whoAnswersIsAtHomeWhateverTheAnswerSays() {
        for (Why why : new Why[] {Why.REFUSED, Why.RESET, Why.TIMEOUT}) {
            assertThat(home(why, null)).as(why.name()).isEqualTo(Outcomes.Home.NOBODY);
            assertThat(home(why, 200)).as(why.name()).isEqualTo(Outcomes.Home.SOMEBODY);
        }
        assertThat(home(Why.STATUS, 502)).isEqualTo(Outcomes.Home.SOMEBODY);
        assertThat(home(Why.GARBAGE, null)).isEqualTo(Outcomes.Home.UNKNOWN);
        assertThat(home(Why.CRASH, null)).isEqualTo(Outcomes.Home.UNKNOWN);
        assertThat(Outcomes.home(new Outcome.Unsendable("why"))).isEqualTo(Outcomes.Home.UNKNOWN);
        assertThat(Outcomes.home(new Outcome.Uncalled(null))).isEqualTo(Outcomes.Home.UNKNOWN);
        for (Outcome answer : ANSWERS) {
            assertThat(Outcomes.home(answer))
                    .as(answer.toString())
                    .isEqualTo(Outcomes.Home.SOMEBODY);
        }
    }

    private static Outcomes.Home home(Why why, Integer status) {
        return Outcomes.home(new Outcome.Failed(why, status, null, true));
    }

    private static Arrival arrival(Why why, boolean uncertain) {
        return Outcomes.arrival(new Outcome.Failed(why, null, null, uncertain));
    }
}
