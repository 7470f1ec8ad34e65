package dev.holdfast.rates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.rates.source.EcbHistory;
import java.time.LocalDate;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorkingDaysTest {
    @Test
    void theyAreTheDaysOnWhichTheEcbHasFixedRates() {
        EcbHistory history = EcbHistory.load();
        LocalDate first = LocalDate.of(2002, 1, 1);
        Set<LocalDate> fixed =
                history.days().stream()
                        .filter(day -> !day.isBefore(first))
                        .collect(Collectors.toSet());
        Set<LocalDate> working =
                first.datesUntil(history.last().plusDays(1))
                        .filter(WorkingDays::has)
                        .collect(Collectors.toSet());

        assertThat(working).hasSizeGreaterThan(5000).isEqualTo(fixed);
    }
}
