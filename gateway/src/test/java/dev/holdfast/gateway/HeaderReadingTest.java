package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Seen;
import dev.holdfast.http.Accepts;
import dev.holdfast.http.Preference;
import dev.holdfast.request.Status;
import dev.holdfast.store.Reads.AttemptRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderReadingTest {
    private static final Duration MOST = Duration.ofMillis(1800);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=1|1000|wait=1",
                "wait=0|0|wait=0",
                "WAIT = \"1\"|1000|wait=1",
                "wait=30|1800|",
                "respond-async|0|respond-async",
                "respond-async, wait=1|1000|respond-async, wait=1",
                "return=minimal; foo=\"x\", wait=1|1000|wait=1",
                "wait=-1|1800|",
                "wait=soon|1800|",
                "wait|1800|",
                "wait=99999999999999999999|1800|"
            })
    void aPreferenceShortensTheWaitAndNothingElse(String prefer, long millis, String applied) {
        Preference preference = Preference.of(List.of(prefer));

        assertThat(preference.patience(MOST)).isEqualTo(Duration.ofMillis(millis));
        assertThat(preference.applied(MOST)).isEqualTo(applied);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "TEXT/PLAIN;charset=utf-8",
                "text/plain, */*;q=0.1",
                "text/plain, */*",
                "application/json;q=0.5, text/plain"
            })
    void textIsGivenToThoseWhoPreferIt(String accept) {
        assertThat(Accepts.prefersText(accept)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/json",
                "text/html, */*;q=0.8",
                "application/json, text/plain",
                "application/json, text/plain, */*",
                "text/plain;q=0",
                "text/plain;q=x"
            })
    void everybodyElseGetsJson(String accept) {
        assertThat(Accepts.prefersText(accept)).isFalse();
    }

    @Test
    void aMarkTellsWhatWasSeen() {
        Seen seen = new Seen(Status.RETRYING, 12);

        assertThat(Follow.seen(Follow.mark(seen))).isEqualTo(seen);
        assertThat(Follow.seen((String) null)).isNull();
        assertThat(Follow.seen("retrying.")).isNull();
        assertThat(Follow.seen("retrying.x")).isNull();
        assertThat(Follow.seen("gone.1")).isNull();
        assertThat(Follow.seen("queued.99999999999999")).isNull();
    }

    @Test
    void anAttemptSaysWhyItWaitedAndHowItEnded() {
        assertThat(AttemptJson.summary(attempt("slot", 41_200, "status", 502)))
                .isEqualTo("waited 41 s for a slot; attempt 2: 502");
        assertThat(AttemptJson.summary(attempt("backoff", 5_300, "timeout", null)))
                .isEqualTo("waited 5.3 s to try again; attempt 2: timeout");
        assertThat(
                        AttemptJson.summary(
                                new AttemptRecord(
                                        3,
                                        1,
                                        Instant.EPOCH,
                                        Duration.ZERO,
                                        "nothing",
                                        "running",
                                        null,
                                        null)))
                .isEqualTo("retry 3, attempt 1: under way");
    }

    private static AttemptRecord attempt(
            String waitedFor, long waitedMillis, String outcome, Integer status) {
        return new AttemptRecord(
                0,
                2,
                Instant.EPOCH,
                Duration.ofMillis(waitedMillis),
                waitedFor,
                outcome,
                status,
                Duration.ofMillis(80));
    }
}
