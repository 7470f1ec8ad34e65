package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.rates.feed.Incoming.Garbage;
import dev.holdfast.rates.feed.Incoming.Heartbeat;
import dev.holdfast.rates.feed.Incoming.Trade;
import dev.holdfast.rates.feed.Incoming.Unusable;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
    private static final String SPEC =
            "{\"type\":\"message\",\"id\":456,\"payload\":{\"marketId\":123456,\"selectionId\":987654,"
                    + "\"odds\":2.2,\"stake\":253.67,\"currency\":\"USD\","
                    + "\"date\":\"2021-05-18T21:32:42.324Z\"}}";

    @Test
    void theMessageOfTheContractIsReadAndAnsweredByteForByte() {
        Trade trade = (Trade) MessageReader.read(SPEC);
        assertThat(trade.id()).isEqualTo("456");
        assertThat(trade.stake()).isEqualTo(new BigDecimal("253.67"));
        assertThat(trade.currency()).isEqualTo("USD");
        assertThat(trade.day()).isEqualTo(LocalDate.of(2021, 5, 18));
        assertThat(answer(trade))
                .isEqualTo(
                        "{\"type\":\"message\",\"id\":456,\"payload\":{\"marketId\":123456,"
                                + "\"selectionId\":987654,\"odds\":2.2,\"stake\":7.5,\"currency\":\"EUR\","
                                + "\"date\":\"2026-01-02T03:04:05.678Z\"}}");
    }

    @Test
    void everythingElseComesBackAsItCame() {
        String frame =
                " { \"payload\" :\t{\"date\":\"2021-05-18\", \"odds\":1.20e+1, \"x\":{\"stake\":1,"
                        + "\"a\":[1.0,{\"currency\":\"USD\"},null]},\"currency\":\"\\u0055SD\","
                        + " \"ключ\":\"\\ud83d\\ude00 \uD83D\uDE80\\/\",\"stake\" : 1E2 ,"
                        + " \"big\":123456789012345678901234567890,\"twice\":1,\"twice\":2.50},"
                        + "\"id\":12345678901234567890123,\"extra\":true, \"type\":\"message\" }\n";
        Trade trade = (Trade) MessageReader.read(frame);
        assertThat(trade.currency()).isEqualTo("USD");
        assertThat(trade.stake()).isEqualByComparingTo("100");
        assertThat(answer(trade))
                .isEqualTo(
                        frame.replace("\"stake\" : 1E2", "\"stake\" : 7.5")
                                .replace("\"\\u0055SD\"", "\"EUR\"")
                                .replace("\"2021-05-18\"", "\"2026-01-02T03:04:05.678Z\""));
    }

    /** Frames of random fields in random order: only the three values differ afterwards. */
    @Test
    void allFieldsAreKeptInOrderWhateverTheyAre() throws IOException {
        Random random = new Random(4711);
        for (int i = 0; i < 20_000; i++) {
            String stake =
                    Long.toString(random.nextLong(1_000_000_000_000L)) + "." + random.nextInt(99);
            String frame = randomMessage(random, stake);
            Trade trade = (Trade) MessageReader.read(frame);
            String answer = answer(trade);
            List<String> before = tokens(frame);
            List<String> after = tokens(answer);
            Collections.replaceAll(before, "stake=" + stake, "stake=7.5");
            Collections.replaceAll(before, "currency=\"GBP\"", "currency=\"EUR\"");
            Collections.replaceAll(
                    before,
                    "date=\"2022-02-28T23:59:59.999Z\"",
                    "date=\"2026-01-02T03:04:05.678Z\"");
            assertThat(after).isEqualTo(before);
        }
    }

    @Test
    void anyMessageIsNotAHeartbeat() {
        assertThat(MessageReader.read("{\"type\":\"heartbeat\"}")).isInstanceOf(Heartbeat.class);
        assertThat(MessageReader.read(" {\"at\":{\"type\":\"message\"},\"type\":\"heartbeat\"}"))
                .isInstanceOf(Heartbeat.class);
        assertThat(MessageReader.read(SPEC)).isInstanceOf(Trade.class);
        assertThat(
                        MessageReader.read(
                                "{\"type\":\"message\",\"payload\":{\"type\":\"heartbeat\"}}"))
                .isInstanceOf(Garbage.class);
        assertThat(MessageReader.read("{\"x\":{\"type\":\"heartbeat\"}}"))
                .isInstanceOf(Garbage.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "hello",
                "<html><body>502</body></html>",
                "{",
                "{\"type\":\"message\"",
                "{\"type\":\"message\",\"id\":1,\"payload\":{\"stake\":1}",
                "[]",
                "null",
                "7",
                "\"message\"",
                "{}",
                "{} {}",
                "{\"type\":\"message\"}{\"id\":1}",
                "{\"type\":7,\"id\":1}",
                "{\"type\":\"unheard of\",\"id\":1}",
                "{\"type\":\"error\",\"id\":1,\"message\":\"x\"}",
                "{\"type\":\"message\",\"payload\":{}}",
                "{\"type\":\"message\",\"id\":null,\"payload\":{}}",
                "{\"type\":\"message\",\"id\":{},\"payload\":{}}",
                "{\"type\":\"message\",\"id\":1,\"id\":2,\"payload\":{}}",
                "{\"type\":\"message\",\"id\":1,\"payload\":{\"stake\":NaN}}",
                "{\"type\":\"message\",\"id\":1,\"payload\":{\"stake\":007}}",
                "{'type':'message'}",
                "\u0000\u0001\uD800"
            })
    void aFrameThatIsNotAMessageWithAnIdIsGarbage(String frame) {
        assertThat(MessageReader.read(frame)).isInstanceOf(Garbage.class);
    }

    @Test
    void aFrameThatIsNestedTooDeepOrTooLongIsGarbage() {
        assertThat(MessageReader.read("[".repeat(60_000))).isInstanceOf(Garbage.class);
        assertThat(MessageReader.read("{\"a\":" + "[".repeat(50_000))).isInstanceOf(Garbage.class);
        assertThat(MessageReader.read(" ".repeat(MessageReader.MAX_FRAME_CHARS) + "{}"))
                .isInstanceOf(Garbage.class);
    }

    @Test
    void aFrameOfRandomBytesNeverThrows() {
        Random random = new Random(99);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder frame = new StringBuilder(SPEC);
            for (int k = random.nextInt(1, 6); k > 0; k--) {
                int at = random.nextInt(frame.length());
                frame.replace(
                        at, Math.min(frame.length(), at + random.nextInt(4)), randomText(random));
            }
            assertThat(MessageReader.read(frame.toString())).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"payload\":{\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":\"253\",\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":null,\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":{},\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":1,\"currency\":7,\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":1,\"currency\":\"USD\",\"date\":\"18.5.2021\"}",
                "\"payload\":{\"stake\":1,\"currency\":\"USD\",\"date\":\"2021-02-30\"}",
                "\"payload\":{\"stake\":1,\"currency\":\"USD\",\"date\":\"2021-02-30T10:00:00.000Z\"}",
                "\"payload\":{\"stake\":1,\"currency\":\"USD\",\"date\":\"2021-02-03T25:00:00.000Z\"}",
                "\"payload\":{\"stake\":1,\"currency\":\"USD\",\"date\":1621373562}",
                "\"payload\":{\"stake\":1,\"stake\":2,\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":{\"stake\":1e999999999,\"currency\":\"USD\",\"date\":\"2021-05-18\"}",
                "\"payload\":[]",
                "\"payload\":null",
                "\"other\":1"
            })
    void aMessageWithAnIdThatCannotBeConvertedGetsAnErrorWithItsOwnId(String rest) {
        Incoming incoming =
                MessageReader.read("{\"type\":\"message\",\"id\":\"a\\u0022b\"," + rest + "}");
        assertThat(incoming).isInstanceOf(Unusable.class);
        Unusable unusable = (Unusable) incoming;
        assertThat(unusable.id()).isEqualTo("\"a\\u0022b\"");
        assertThat(unusable.words()).isNotBlank();
    }

    @Test
    void errorsCarryTheIdAsItCameAndEscapeTheirWords() {
        assertThat(MessageWriter.error("456", "say \"no\"\n"))
                .isEqualTo(
                        "{\"type\":\"error\",\"id\":456,\"message\":\"Unable to convert stake. Error:"
                                + " say \\\"no\\\"\\n\"}");
    }

    @Test
    void theDayIsTheOneInUtc() {
        assertThat(WireTime.day("2021-05-18T23:59:59.999Z")).isEqualTo("2021-05-18");
        assertThat(WireTime.day("2021-05-18T23:59:59Z")).isEqualTo("2021-05-18");
        assertThat(WireTime.day("2021-05-18T23:30:00.000-05:00")).isEqualTo("2021-05-19");
        assertThat(WireTime.day("2021-05-18T00:30:00+02:00")).isEqualTo("2021-05-17");
        assertThat(WireTime.day("2021-05-18T23:30:00")).isEqualTo("2021-05-18");
        assertThat(WireTime.day("2021-05-18")).isEqualTo("2021-05-18");
        assertThat(WireTime.day("")).isNull();
        assertThat(WireTime.day("yesterday")).isNull();
    }

    @Test
    void datesAreWrittenInUtcWithMilliseconds() {
        WireTime time = new WireTime();
        assertThat(time.write(Instant.parse("2026-01-02T03:04:05.678901Z").toEpochMilli()))
                .isEqualTo("2026-01-02T03:04:05.678Z");
        assertThat(time.write(Instant.parse("2026-01-02T03:04:05Z").toEpochMilli()))
                .isEqualTo("2026-01-02T03:04:05.000Z");
        assertThat(time.write(Instant.parse("2026-12-31T23:59:59.009Z").toEpochMilli()))
                .isEqualTo("2026-12-31T23:59:59.009Z");
    }

    private static String answer(Trade trade) {
        return MessageWriter.answer(trade, "7.5", "EUR", "2026-01-02T03:04:05.678Z");
    }

    private static String randomMessage(Random random, String stake) {
        List<String> payload = randomFields(random);
        payload.add("\"stake\":" + stake);
        payload.add("\"currency\":\"GBP\"");
        payload.add("\"date\":\"2022-02-28T23:59:59.999Z\"");
        Collections.shuffle(payload, random);
        List<String> message = randomFields(random);
        message.add("\"type\":\"message\"");
        message.add("\"id\":" + random.nextLong(Long.MAX_VALUE));
        message.add("\"payload\":{" + String.join(",", payload) + "}");
        Collections.shuffle(message, random);
        return "{" + String.join(random.nextBoolean() ? " , " : ",", message) + "}";
    }

    private static List<String> randomFields(Random random) {
        List<String> fields = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            fields.add("\"x" + randomText(random) + "\":" + randomValue(random, 3));
        }
        return fields;
    }

    private static String randomValue(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 6)) {
            case 0 -> "null";
            case 1 -> Boolean.toString(random.nextBoolean());
            case 2 -> random.nextLong() + "" + random.nextLong(1_000_000_000_000L);
            case 3 -> "-" + random.nextInt(9) + ".50e-" + random.nextInt(400);
            case 4 -> "1.0" + "0".repeat(random.nextInt(40));
            case 5 -> "\"" + randomText(random) + "\\u00e9\\n\"";
            case 6 -> "[" + randomValue(random, depth - 1) + "," + randomValue(random, 0) + "]";
            default -> "{\"stake\":" + randomValue(random, depth - 1) + "}";
        };
    }

    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            int c = random.nextInt(0x20, 0x2FFFF);
            if (c != '"' && c != '\\' && (c < 0xD800 || c > 0xDFFF)) {
                text.appendCodePoint(c);
            }
        }
        return text.toString();
    }

    /** Names and values as they are spelled. */
    private static List<String> tokens(String frame) throws IOException {
        List<String> tokens = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(frame)) {
            for (JsonToken t = parser.nextToken(); t != null; t = parser.nextToken()) {
                if (t == JsonToken.FIELD_NAME) {
                    continue;
                }
                String text = parser.getText();
                String shown = t == JsonToken.VALUE_STRING ? "\"" + text + "\"" : text;
                tokens.add(parser.currentName() + "=" + shown);
            }
        }
        return tokens;
    }
}
