package dev.holdfast.rates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.rates.source.EcbHistory;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ConversionTest {
    private static final long SEED = 20210518;
    private static final List<RoundingMode> MODES =
            EnumSet.complementOf(EnumSet.of(RoundingMode.UNNECESSARY)).stream().toList();
    private static final Conversion DOWN = new Conversion(5, RoundingMode.DOWN);

    @Test
    void aCrossRateIsNotRoundedBeforeItIsUsed() {
        // USD based: 1 USD = 0.7 EUR = 27.3 UAH. 1,000,000,000 UAH are 25,641,025.641025641… EUR;
        // with the cross rate rounded to five decimals first, it would be 25,640,000.
        BigDecimal euros =
                DOWN.convert(
                        new BigDecimal("1000000000"),
                        new BigDecimal("27.3"),
                        new BigDecimal("0.7"));
        assertThat(Conversion.literal(euros)).isEqualTo("25641025.64102");
    }

    @Test
    void binaryFloatingPointNeverTouchesAnAmount() {
        BigDecimal rate = new BigDecimal("1");
        assertThat(DOWN.convert(new BigDecimal("0.29"), rate, new BigDecimal("100")))
                .isEqualTo(new BigDecimal("29"));
        assertThat(DOWN.convert(new BigDecimal("9007199254740993.12345"), rate, rate))
                .isEqualTo(new BigDecimal("9007199254740993.12345"));
    }

    @Test
    void aNegativeAmountIsRoundedTowardZeroByDownAndIsTheMirrorOfThePositive() {
        BigDecimal three = new BigDecimal("3");
        BigDecimal minusTwo = new BigDecimal("-2");
        assertThat(Conversion.literal(DOWN.convert(minusTwo, three, BigDecimal.ONE)))
                .isEqualTo("-0.66666");
        assertThat(
                        Conversion.literal(
                                new Conversion(5, RoundingMode.HALF_UP)
                                        .convert(minusTwo, three, BigDecimal.ONE)))
                .isEqualTo("-0.66667");
    }

    @Test
    void whatRoundsToZeroIsZeroWithoutSignAndWithoutDecimals() {
        assertThat(
                        Conversion.literal(
                                DOWN.convert(
                                        new BigDecimal("-0.0000001"),
                                        BigDecimal.ONE,
                                        BigDecimal.ONE)))
                .isEqualTo("0");
        assertThat(
                        Conversion.literal(
                                DOWN.convert(
                                        new BigDecimal("0E+40"), BigDecimal.ONE, BigDecimal.ONE)))
                .isEqualTo("0");
        assertThat(Conversion.literal(DOWN.round(new BigDecimal("0.000")))).isEqualTo("0");
    }

    @Test
    void noResultHasAnExponentWhateverTheMagnitude() {
        Random random = new Random(SEED);
        for (int i = 0; i < 50_000; i++) {
            BigDecimal amount = randomAmount(random);
            BigDecimal result = DOWN.convert(amount, randomRate(random), randomRate(random));
            assertThat(Conversion.literal(result)).matches("-?[0-9]+(\\.[0-9]{0,4}[1-9])?");
        }
    }

    @Test
    void everyResultIsTheExactQuotientRoundedOnce() {
        Random random = new Random(SEED);
        for (int i = 0; i < 50_000; i++) {
            int scale = random.nextInt(10);
            RoundingMode mode = MODES.get(random.nextInt(MODES.size()));
            BigDecimal amount = randomAmount(random);
            BigDecimal from = randomRate(random);
            BigDecimal to = randomRate(random);
            BigDecimal result = new Conversion(scale, mode).convert(amount, from, to);
            assertThat(result).isEqualByComparingTo(rounded(amount, from, to, scale, mode));
            assertThat(result.scale()).isLessThanOrEqualTo(scale);
        }
    }

    /** By integers alone: floor of the quotient in units of the last decimal, then the mode. */
    private static BigDecimal rounded(
            BigDecimal amount, BigDecimal from, BigDecimal to, int scale, RoundingMode mode) {
        int shift = amount.scale() + to.scale() - from.scale() - scale;
        BigInteger up = amount.unscaledValue().multiply(to.unscaledValue());
        BigInteger down = from.unscaledValue();
        if (shift > 0) {
            down = down.multiply(BigInteger.TEN.pow(shift));
        } else {
            up = up.multiply(BigInteger.TEN.pow(-shift));
        }
        BigInteger[] parts = up.abs().divideAndRemainder(down);
        int twice = parts[1].shiftLeft(1).compareTo(down);
        boolean negative = up.signum() < 0;
        boolean away =
                parts[1].signum() != 0
                        && switch (mode) {
                            case UP -> true;
                            case DOWN -> false;
                            case CEILING -> !negative;
                            case FLOOR -> negative;
                            case HALF_UP -> twice >= 0;
                            case HALF_DOWN -> twice > 0;
                            case HALF_EVEN -> twice > 0 || (twice == 0 && parts[0].testBit(0));
                            case UNNECESSARY -> throw new IllegalArgumentException();
                        };
        BigInteger magnitude = away ? parts[0].add(BigInteger.ONE) : parts[0];
        return new BigDecimal(negative ? magnitude.negate() : magnitude, scale);
    }

    @Test
    void everyCurrencyOfTheEcbOnEveryDaySince1999Converts() {
        EcbHistory history = EcbHistory.load();
        BigDecimal stake = new BigDecimal("253.67");
        long conversions = 0;
        for (LocalDate day : history.days()) {
            DayRates rates = history.on(day).orElseThrow();
            for (var rate : rates.rates().entrySet()) {
                BigDecimal euros = DOWN.convert(stake, rate.getValue(), BigDecimal.ONE);
                // The definition of rounding down: euros * rate <= stake < (euros + 0.00001) * rate
                BigDecimal next = euros.add(new BigDecimal("0.00001"));
                boolean right =
                        euros.multiply(rate.getValue()).compareTo(stake) <= 0
                                && next.multiply(rate.getValue()).compareTo(stake) > 0;
                if (!right) {
                    assertThat(euros).as("%s on %s", rate, day).isNull();
                }
                conversions++;
            }
        }
        assertThat(history.first()).isEqualTo(LocalDate.of(1999, 1, 4));
        assertThat(conversions).isGreaterThan(180_000);
    }

    @Test
    void amountsFromZeroToTenToTheThirtyAreRead() {
        assertThat(Conversion.amount("0")).contains(BigDecimal.ZERO);
        assertThat(Conversion.amount("-0.0")).contains(BigDecimal.ZERO);
        assertThat(Conversion.amount("1e30")).contains(new BigDecimal("1e30"));
        assertThat(Conversion.amount("1000000000000000000000000000000.00001"))
                .contains(new BigDecimal("1000000000000000000000000000000.00001"));
    }

    @Test
    void anAmountThatWouldFillTheMemoryIsNone() {
        assertThat(Conversion.amount("1e999999999")).isEmpty();
        assertThat(Conversion.amount("1e99999999999999")).isEmpty();
        assertThat(Conversion.amount("1e-999999999")).isEmpty();
        assertThat(Conversion.amount("9".repeat(101))).isEmpty();
        assertThat(Conversion.amount("NaN")).isEmpty();
        assertThat(Conversion.amount("")).isEmpty();
        assertThat(Conversion.amount("0e999999999")).contains(BigDecimal.ZERO);
    }

    @Test
    void aScaleOutOfRangeIsRefused() {
        assertThatThrownBy(() -> new Conversion(-1, RoundingMode.DOWN))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Conversion(31, RoundingMode.DOWN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static BigDecimal randomAmount(Random random) {
        BigInteger digits = new BigInteger(random.nextInt(1, 110), random);
        BigDecimal amount = new BigDecimal(digits, random.nextInt(-5, 12));
        return random.nextInt(4) == 0 ? amount.negate() : amount;
    }

    private static BigDecimal randomRate(Random random) {
        BigInteger digits = new BigInteger(random.nextInt(1, 45), random).add(BigInteger.ONE);
        return new BigDecimal(digits, random.nextInt(0, 12));
    }
}
