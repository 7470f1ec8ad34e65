package dev.holdfast.simulator;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the figures of the simulators may be; each refusal says in words what they are. */
public final class Bounds {
    /** The longest answer, in a world that goes on. */
    public static final Duration LONGEST_ANSWER = Duration.ofHours(1);

    /** The longest window, recovery or fault. */
    public static final Duration LONGEST_TIME = Duration.ofDays(3660);

    /** Significant digits of a decimal128, which nobody's rates go beyond. */
    private static final int MOST_DIGITS = 34;

    private Bounds() {}

    public static void share(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " is 0 to 1, not " + value);
        }
    }

    public static void whole(String name, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " is " + least + " to " + most + ", not " + value);
        }
    }

    public static void number(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException(
                    name + " is " + least + " to " + most + ", not " + value);
        }
    }

    public static void time(String name, Duration value, Duration most) {
        if (value.isNegative() || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(
                    name + " is 0 to " + most.toHours() + "h, not " + value);
        }
    }

    /** A final answer's status: an interim one is no answer. */
    public static void status(String name, int value) {
        whole(name, value, 200, 599);
    }

    public static void digits(int value) {
        whole("digits", value, 1, MOST_DIGITS);
    }

    /** A key that a header can carry. */
    public static void key(@Nullable String key) {
        if (key != null && !key.matches("[!-~]([ -~]*[!-~])?")) {
            throw new IllegalArgumentException(
                    "a key is visible ASCII, without blanks around it, and not empty");
        }
    }

    public static void currency(String code) {
        if (!code.matches("[A-Z0-9]{1,10}")) {
            throw new IllegalArgumentException("a currency is like USD, not " + code);
        }
    }
}
