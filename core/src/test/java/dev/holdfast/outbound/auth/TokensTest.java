package dev.holdfast.outbound.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.outbound.auth.Tokens.Given;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A token's life, on a clock that the test turns. */
class TokensTest {
    private final List<Consumer<TokenAnswer>> asked = new ArrayList<>();
    private final List<Given> given = new ArrayList<>();
    private long now = Long.MAX_VALUE - 5;
    private final Tokens tokens =
            new Tokens("endpoint", asked::add, () -> now, Duration.ofSeconds(60));

    @Test
    void oneTokenIsFetchedHoweverManyWait() {
        get();
        get();
        get();
        assertThat(asked).hasSize(1);
        assertThat(given).isEmpty();

        answer(token("a", 3600));
        assertThat(given).hasSize(3).containsOnly(new Given.Token("a"));
        get();
        assertThat(asked).isEmpty();
        assertThat(given).hasSize(4);
    }

    @Test
    void itIsRenewedBeforeItsEndWhileCallsGoOnWithTheOldOne() {
        get();
        answer(token("a", 3600));
        pass(3539);
        assertThat(last()).isEqualTo(new Given.Token("a"));
        assertThat(asked).isEmpty();

        pass(1);
        assertThat(last()).isEqualTo(new Given.Token("a"));
        assertThat(last()).isEqualTo(new Given.Token("a"));
        assertThat(asked).hasSize(1);
        answer(token("b", 3600));
        assertThat(last()).isEqualTo(new Given.Token("b"));
    }

    @Test
    void aShortOneIsRenewedAtHalfItsTimeAndAnEndedOneIsNotUsed() {
        get();
        answer(token("a", 10));
        pass(4);
        last();
        assertThat(asked).isEmpty();
        pass(1);
        last();
        assertThat(asked).hasSize(1);

        pass(5);
        given.clear();
        get();
        assertThat(given).isEmpty();
        assertThat(asked).hasSize(1);
        answer(token("b", 10));
        assertThat(given).containsExactly(new Given.Token("b"));
    }

    @Test
    void aRenewalThatFailsIsNobodysLossAndTriedAgainLater() {
        get();
        answer(token("a", 3600));
        pass(3540);
        last();
        answer(new TokenAnswer.Failed("x", null));
        assertThat(last()).isEqualTo(new Given.Token("a"));
        assertThat(asked).isEmpty();
        pass(1);
        last();
        assertThat(asked).hasSize(1);
    }

    @Test
    void withoutATokenThePauseGrowsToAMinuteAndEndsWithSuccess() {
        List<Long> pauses = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            get();
            answer(new TokenAnswer.Failed("x", null));
            pauses.add(((Given.Nothing) given.getLast()).pause().toSeconds());
        }
        assertThat(pauses).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);

        get();
        answer(new TokenAnswer.Failed("x", Duration.ofMinutes(5)));
        assertThat(given.getLast()).isEqualTo(new Given.Nothing(Duration.ofMinutes(5)));
        get();
        answer(token("a", 1));
        pass(2);
        get();
        answer(new TokenAnswer.Failed("x", null));
        assertThat(given.getLast()).isEqualTo(new Given.Nothing(Duration.ofSeconds(1)));
    }

    @Test
    void aRefusedClientHasNoPauseSinceNoTimeMendsIt() {
        get();
        answer(new TokenAnswer.Refused(401));
        assertThat(given).containsExactly(new Given.Nothing(null));
    }

    @Test
    void aRefusedTokenIsExchangedOnceAndASecondInARowIsTheCredentials() {
        get();
        answer(token("a", 3600));
        assertThat(tokens.refused("a")).isTrue();
        assertThat(tokens.refused("a")).isTrue();
        get();
        assertThat(asked).hasSize(1);
        answer(token("b", 3600));
        assertThat(tokens.refused("a")).isTrue();
        assertThat(last()).isEqualTo(new Given.Token("b"));

        assertThat(tokens.refused("b")).isFalse();
        assertThat(last()).isEqualTo(new Given.Token("b"));
        assertThat(asked).isEmpty();
    }

    /** One path is refused whatever the token, others take it. */
    @Test
    void whoIsRefusedAgainAndAgainHasNoStormOfTokensFetched() {
        int fetched = 0;
        for (int call = 0; call < 600; call++) {
            get();
            if (!asked.isEmpty()) {
                fetched++;
                answer(token("t" + fetched, 36_000));
            }
            tokens.refused(((Given.Token) given.getLast()).value());
            now += Duration.ofSeconds(1).toNanos();
        }
        // The first one, and one in place of it a minute.
        assertThat(fetched).isBetween(10, 12);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "200 | {\"access_token\":\"t\",\"expires_in\":60,\"token_type\":\"Bearer\"} | 60",
                "201 | {\"access_token\":\"t\",\"expires_in\":\"61.9\",\"x\":{\"expires_in\":5}} |"
                        + " 61",
                "200 | {\"access_token\":\"t\"} | 3600",
                "200 | {\"access_token\":\"t\",\"expires_in\":0} | 1",
                "200 | {\"access_token\":\"t\",\"expires_in\":-1} | 3600",
                "200 | {\"access_token\":\"t\",\"expires_in\":99999999} | 86400",
                "200 | {\"access_token\":\"a b\"} |",
                "200 | {\"access_token\":\"\"} |",
                "200 | {\"access_token\":5,\"token_type\":\"mac\"} |",
                "200 | {\"access_token\":\"t\" |",
                "200 | <html> |",
                "302 | {\"access_token\":\"t\"} |",
                "500 | {\"access_token\":\"t\"} |",
            })
    void anAnswerIsReadStrictly(int status, String body, Long seconds) {
        TokenAnswer answer = TokenAnswer.of(status, body, null);
        if (seconds == null) {
            assertThat(answer).isInstanceOf(TokenAnswer.Failed.class);
        } else {
            assertThat(answer).isEqualTo(new TokenAnswer.Token("t", Duration.ofSeconds(seconds)));
        }
        assertThat(answer.toString()).doesNotContain("access", "\"t\"");
    }

    @Test
    void aTokenThatIsTooLongIsNone() {
        for (int extra = 0; extra <= 1; extra++) {
            String token = "t".repeat(TokenAnswer.MAX_TOKEN_CHARS + extra);
            assertThat(TokenAnswer.of(200, "{\"access_token\":\"" + token + "\"}", null))
                    .isInstanceOf(extra == 0 ? TokenAnswer.Token.class : TokenAnswer.Failed.class);
        }
    }

    private void get() {
        tokens.get(given::add);
    }

    private Given last() {
        get();
        return given.getLast();
    }

    private void answer(TokenAnswer answer) {
        asked.removeFirst().accept(answer);
    }

    private static TokenAnswer token(String value, long seconds) {
        return new TokenAnswer.Token(value, Duration.ofSeconds(seconds));
    }

    private void pass(long seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }
}
