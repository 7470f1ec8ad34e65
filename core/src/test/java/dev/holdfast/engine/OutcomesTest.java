package dev.holdfast.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.Outcome.Why;
import dev.holdfast.request.Result;
import dev.holdfast.store.Settlement.Arrival;
import org.junit.jupiter.api.Test;

final class OutcomesTest {
    @Test
    void onlyAnAnswerOrWhatWasNeverSentTellsWhenACallArrived() {
        assertThat(arrival(Why.TIMEOUT, null, true)).isEqualTo(Arrival.OPEN);
        assertThat(arrival(Why.CRASH, null, true)).isEqualTo(Arrival.OPEN);
        assertThat(arrival(Why.REFUSED, null, false)).isEqualTo(Arrival.OVER);
        assertThat(arrival(Why.STATUS, 500, false)).isEqualTo(Arrival.ANSWERED);
        assertThat(Outcomes.arrival(new Outcome.Unsendable("why"))).isEqualTo(Arrival.OVER);
        assertThat(Outcomes.arrival(new Outcome.Throttled(429, null))).isEqualTo(Arrival.ANSWERED);
        assertThat(Outcomes.arrival(new Outcome.Done(new Result(200, "r"))))
                .isEqualTo(Arrival.ANSWERED);
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
        assertThat(Outcomes.home(new Outcome.Throttled(429, null)))
                .isEqualTo(Outcomes.Home.SOMEBODY);
        assertThat(Outcomes.home(new Outcome.Unauthorized(""))).isEqualTo(Outcomes.Home.SOMEBODY);
    }

    private static Outcomes.Home home(Why why, Integer status) {
        return Outcomes.home(new Outcome.Failed(why, status, null, true));
    }

    private static Arrival arrival(Why why, Integer status, boolean uncertain) {
        return Outcomes.arrival(new Outcome.Failed(why, status, null, uncertain));
    }
}
