package dev.holdfast.simulator.feed;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The trade feed's messages, one after the other, the same for the same mix. */
final class FeedMessages {
    /** Fields that no converter knows, as they may come in a payload. */
    private static final List<String> EXTRAS =
            List.of(
                    "\"note\":\"Grüße ✓ 🚀 \\\"x\\\" \\u00e9\"",
                    "\"big\":123456789012345678901234567890",
                    "\"exact\":1.50",
                    "\"nested\":{\"b\":[1,2.50,null,{}],\"a\":true}",
                    "\"stake2\":1E+2");

    private static final List<String> GARBAGE =
            List.of(
                    "",
                    "not JSON",
                    "{",
                    "[]",
                    "null",
                    "42",
                    "{\"type\":42}",
                    "{\"type\":\"message\"}",
                    "{\"type\":\"message\",\"payload\":{\"stake\":1}}",
                    "{\"type\":\"message\",\"id\":}");

    /**
     * A message that was sent.
     *
     * @param possible whether its date can have rates at all
     */
    record Sent(
            long id,
            String text,
            LocalDate day,
            String currency,
            BigDecimal stake,
            boolean possible) {}

    private final FeedMix mix;
    private final RandomGenerator random;
    private final List<String> currencies = new ArrayList<>();
    private final List<LocalDate> days;
    private long lastId = 455;

    FeedMessages(FeedMix mix) {
        this.mix = mix;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(mix.seed());
        new TreeMap<>(mix.currencies())
                .forEach(
                        (currency, parts) -> {
                            for (int i = 0; i < parts; i++) {
                                currencies.add(currency);
                            }
                        });
        var chosen = new TreeSet<LocalDate>();
        while (chosen.size() < mix.days()) {
            chosen.add(mix.until().minusDays(random.nextInt(mix.span())));
        }
        this.days = List.copyOf(chosen);
    }

    boolean garbageIsNext() {
        return mix.garbageShare() > 0 && random.nextDouble() < mix.garbageShare();
    }

    String garbage() {
        return pick(GARBAGE);
    }

    Sent next() {
        long id = ++lastId;
        boolean possible = random.nextDouble() >= mix.impossibleShare();
        var day = possible ? pick(days) : impossibleDay();
        var currency = pick(currencies);
        int scale = random.nextInt(6);
        var stake =
                BigDecimal.valueOf(random.nextLong(1_800_000, 998_400_000), 5)
                        .setScale(scale, RoundingMode.DOWN);
        var odds = BigDecimal.valueOf(random.nextLong(102, 902), 2);
        var extra = random.nextDouble() < mix.extraShare();
        var text =
                ("{\"type\":\"message\",\"id\":%d,\"payload\":{%s,\"odds\":%s,\"stake\":%s,"
                                + "\"currency\":\"%s\",\"date\":\"%sT%s\"}%s}")
                        .formatted(
                                id,
                                market(extra),
                                odds,
                                stake.toPlainString(),
                                currency,
                                day,
                                timeOfDay(),
                                extra ? ",\"trace\":\"t-" + id + "\"" : "");
        return new Sent(id, text, day, currency, stake, possible);
    }

    private String market(boolean extra) {
        return "\"marketId\":%d,\"selectionId\":%d"
                        .formatted(random.nextInt(1_000_000), random.nextInt(1_000_000))
                + (extra ? "," + pick(EXTRAS) : "");
    }

    private LocalDate impossibleDay() {
        return random.nextBoolean()
                ? LocalDate.of(2999, 1, 1).plusDays(random.nextInt(300))
                : LocalDate.of(1998, 12, 31).minusDays(random.nextInt(300));
    }

    private String timeOfDay() {
        return "%02d:%02d:%02d.%03dZ"
                .formatted(
                        random.nextInt(24),
                        random.nextInt(60),
                        random.nextInt(60),
                        random.nextInt(1000));
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
