package dev.holdfast.rates;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;

/**
 * Arithmetic of one conversion: exact until the very end, then rounded once (decision 10). A cross
 * rate is never computed by itself, so it is never rounded.
 *
 * @param scale decimals of a result at most, from 0 to {@link #MAX_SCALE}
 * @param rounding what happens to the decimals behind, not {@code UNNECESSARY}; a negative amount
 *     is rounded by the same mode, so {@code DOWN} goes toward zero on both sides
 */
public record Conversion(int scale, RoundingMode rounding) {
    /** Largest scale, in decimals. */
    public static final int MAX_SCALE = 30;

    /** Longest literal that is read as an amount, in characters. */
    static final int MAX_LITERAL_CHARS = 100;

    /** Amounts are below ten to this power, and their last digit is not behind its inverse. */
    static final int MAX_EXPONENT = 60;

    public Conversion {
        if (scale < 0 || scale > MAX_SCALE) {
            throw new IllegalArgumentException(
                    "a conversion's scale is 0 to " + MAX_SCALE + ", not " + scale);
        }
        if (rounding == RoundingMode.UNNECESSARY) {
            throw new IllegalArgumentException("a conversion has to round");
        }
    }

    /**
     * {@code amount}, in the currency that has {@code fromRate}, in the one that has {@code
     * toRate}. Both rates are units of their currency for one unit of the same base.
     *
     * @param fromRate positive
     * @param toRate positive
     * @return at most {@link #scale} decimals, trailing zeros dropped; zero has no sign
     */
    public BigDecimal convert(BigDecimal amount, BigDecimal fromRate, BigDecimal toRate) {
        return trimmed(amount.multiply(toRate).divide(fromRate, scale, rounding));
    }

    /** {@code amount} itself under the same rounding: a currency into itself needs no rate. */
    public BigDecimal round(BigDecimal amount) {
        return trimmed(amount.setScale(scale, rounding));
    }

    private static BigDecimal trimmed(BigDecimal exact) {
        if (exact.signum() == 0) {
            return BigDecimal.ZERO;
        }
        return exact.scale() > 0 ? exact.stripTrailingZeros() : exact;
    }

    /** The literal for the wire: digits and at most one point, never an exponent. */
    public static String literal(BigDecimal amount) {
        return amount.toPlainString();
    }

    /**
     * An amount from its literal, exactly; exponents are understood. Empty when it is no number or
     * out of range: from {@code 1e60}, with digits behind {@code 1e-60}, or too long. The range
     * keeps {@code 1e999999999} from filling the memory with zeros.
     */
    public static Optional<BigDecimal> amount(String literal) {
        if (literal.length() > MAX_LITERAL_CHARS) {
            return Optional.empty();
        }
        try {
            BigDecimal amount = new BigDecimal(literal);
            if (amount.signum() == 0) {
                return Optional.of(BigDecimal.ZERO);
            }
            long digitsBeforePoint = (long) amount.precision() - amount.scale();
            boolean inRange = digitsBeforePoint <= MAX_EXPONENT && amount.scale() <= MAX_EXPONENT;
            return inRange ? Optional.of(amount) : Optional.empty();
        } catch (NumberFormatException | ArithmeticException notAnAmount) {
            return Optional.empty();
        }
    }
}
