package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.Converter.Converted;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.feed.RecentMessages.Kept;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentMessagesTest {
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);

    private final AtomicLong nanos = new AtomicLong();
    private final RecentMessages recent = new RecentMessages(() -> Instant.EPOCH, nanos::get);

    @Test
    void answersAndErrorsAreKeptWithTheirMessages() {
        recent.answered(trade("1"), new Converted.Amount(new BigDecimal("207.5"), DAY));
        recent.answered(trade("2"), new Converted.Impossible(new RateError.DateInFuture(DAY)));
        recent.unusable("3", "has no stake");

        assertThat(recent.newest()).extracting(Kept::id).containsExactly("1", "2", "3");
        assertThat(recent.newest().getFirst().result()).isEqualByComparingTo("207.5");
        assertThat(recent.newest().getFirst().stake()).isEqualByComparingTo("253.67");
        assertThat(recent.newest().get(1).error()).contains("in the future");
        assertThat(recent.newest().get(2).stake()).isNull();
    }

    @Test
    void noMoreThanSoManyOfASecondAreKept() {
        for (int i = 0; i < 3 * RecentMessages.MAX_A_SECOND; i++) {
            recent.unusable("a" + i, "no");
        }
        assertThat(recent.newest()).hasSize(RecentMessages.MAX_A_SECOND);

        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        recent.unusable("next", "no");
        assertThat(recent.newest().getLast().id()).isEqualTo("next");
    }

    @Test
    void theOldestAreForgottenAndLongTextIsCut() {
        for (int i = 0; i < RecentMessages.MAX_KEPT + 1; i++) {
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            recent.unusable("x".repeat(1000), "no");
        }

        assertThat(recent.newest()).hasSize(RecentMessages.MAX_KEPT);
        assertThat(recent.newest().getFirst().number()).isEqualTo(2);
        assertThat(recent.newest().getFirst().id())
                .hasSize(RecentMessages.MAX_TEXT_CHARS + 1)
                .endsWith("…");
    }

    private static Incoming.Trade trade(String id) {
        var nowhere = new Incoming.Span(0, 0);
        return new Incoming.Trade(
                "{}", id, new BigDecimal("253.67"), "USD", DAY, nowhere, nowhere, nowhere);
    }
}
