package dev.holdfast.rates;

import java.time.DayOfWeek;
import java.time.LocalDate;

/**
 * The days on which rates are fixed: all but weekends and the closing days of the euro's payment
 * system, which the ECB keeps for its reference rates (TARGET calendar since 2002).
 */
final class WorkingDays {
    private WorkingDays() {}

    /** Whether rates are fixed on that day. */
    static boolean has(LocalDate day) {
        boolean weekend =
                day.getDayOfWeek() == DayOfWeek.SATURDAY || day.getDayOfWeek() == DayOfWeek.SUNDAY;
        return !weekend && !closed(day);
    }

    private static boolean closed(LocalDate day) {
        int month = day.getMonthValue();
        int of = day.getDayOfMonth();
        if ((month == 1 || month == 5) && of == 1) {
            return true;
        }
        if (month == 12 && (of == 25 || of == 26)) {
            return true;
        }
        LocalDate easter = easter(day.getYear());
        return day.equals(easter.minusDays(2)) || day.equals(easter.plusDays(1));
    }

    /** Easter Sunday in the Gregorian calendar (Meeus, Jones and Butcher). */
    static LocalDate easter(int year) {
        int a = year % 19;
        int b = year / 100;
        int c = year % 100;
        int d = b / 4;
        int e = b % 4;
        int g = (8 * b + 13) / 25;
        int h = (19 * a + b - d - g + 15) % 30;
        int i = c / 4;
        int k = c % 4;
        int l = (32 + 2 * e + 2 * i - h - k) % 7;
        int m = (a + 11 * h + 22 * l) / 451;
        int sum = h + l - 7 * m + 114;
        return LocalDate.of(year, sum / 31, sum % 31 + 1);
    }
}
