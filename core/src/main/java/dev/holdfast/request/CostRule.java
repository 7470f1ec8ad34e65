package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonPointer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a route's calls cost of one unit: guessed from what is asked, before the call leaves, and
 * read from the answer. Pure.
 *
 * @param json where in the body, or in the parameters as JSON, stands how much it will be (RFC
 *     6901); null if nothing there says it
 * @param otherwise what it is where nothing says it, 0 or more
 * @param perByte what each byte of the body, or of the parameters as JSON, adds
 * @param most no guess is more, at least 1
 * @param actual where in the answer stands what it was; null if nothing there says it
 */
public record CostRule(
        @Nullable JsonPointer json,
        long otherwise,
        double perByte,
        long most,
        @Nullable JsonPointer actual) {
    /** Digits of a number that is believed; longer ones are no count of anything. */
    private static final int MAX_DIGITS = 18;

    public CostRule {
        if (otherwise < 0 || !(perByte >= 0) || most < 1) {
            throw new IllegalArgumentException("a cost is not less than nothing");
        }
    }

    /**
     * What to reserve.
     *
     * @param body gives the JSON that is looked into
     * @param bytes how much the body has
     */
    public long reserve(Supplier<String> body, long bytes) {
        Long said = json == null ? null : number(JsonLook.at(body.get(), json));
        double all = (double) (said == null ? otherwise : said) + Math.ceil(perByte * bytes);
        return (long) Math.min((double) most, all);
    }

    /** What an answer says that it cost; null if it does not. */
    public @Nullable Long actual(Supplier<String> answer) {
        return actual == null ? null : actual(JsonLook.at(answer.get(), actual));
    }

    /** What an answer says that it cost, by what stands at {@link #actual}. */
    public @Nullable Long actual(JsonLook there) {
        return number(there);
    }

    /**
     * A number that is not negative, rounded up. An exponent is looked at before anything is
     * written out: {@code 1e-600000000} has 600 million zeros.
     */
    private static @Nullable Long number(JsonLook there) {
        if (!(there instanceof JsonLook.Found(String found))
                || found.isEmpty()
                || found.length() > MAX_DIGITS) {
            return null;
        }
        try {
            BigDecimal number = new BigDecimal(found);
            long digits = (long) number.precision() - number.scale();
            if (number.signum() == 0) {
                return 0L;
            }
            if (number.signum() < 0 || digits > MAX_DIGITS) {
                return null;
            }
            if (digits <= 0) {
                return 1L;
            }
            return number.setScale(0, RoundingMode.CEILING).longValueExact();
        } catch (NumberFormatException notOne) {
            return null;
        }
    }
}
