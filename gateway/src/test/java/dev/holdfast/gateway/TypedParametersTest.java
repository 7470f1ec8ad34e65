package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.engine.Ask;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.gateway.ports.WebhookUrls;
import dev.holdfast.gateway.server.Caller;
import dev.holdfast.http.Field;
import dev.holdfast.http.JsonFields;
import dev.holdfast.http.Mistake;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.ParamType;
import dev.holdfast.http.Problem;
import dev.holdfast.http.QueryFields;
import dev.holdfast.request.Params;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Viewer;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A route's parameters are what their types say, whichever way they come. */
class TypedParametersTest {
    private static final RouteDoor DOOR =
            new RouteDoor(
                    new RoutePolicy(
                            "/typed",
                            "api",
                            false,
                            Duration.ZERO,
                            1,
                            new ResultShape("result", ResultShape.From.TEXT, Map.of())),
                    Set.of("GET", "POST"),
                    params());

    private static List<RouteDoor.Param> params() {
        List<RouteDoor.Param> params = new ArrayList<>();
        for (ParamType type : ParamType.values()) {
            String name = type.name().toLowerCase(Locale.ROOT);
            params.add(new RouteDoor.Param(name, false, 64, type, Set.of()));
        }
        return params;
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "integer | 5",
                "integer | -12345678901234567890123",
                "number  | 1.50",
                "number  | 1e400",
                "boolean | false",
                "object  | {\"b\":1.0,\"a\":[{}]}",
                "array   | [1,\"x\",null]",
                "any     | null",
                "any     | 7",
                "any     | [7]",
            })
    void aValueKeepsItsLettersInJsonInAQueryAndInAForm(String name, String value) {
        Params wanted = new Params(Map.of(), Map.of(name, value));

        assertThat(params(right(json(name, value)))).isEqualTo(wanted);
        assertThat(params(right(json(name, " " + value.replace(",", " , "))))).isEqualTo(wanted);
        assertThat(params(right(query(name, value)))).isEqualTo(wanted);
    }

    @Test
    void aStringIsOneWhateverItLooksLike() {
        for (String name : List.of("string", "any")) {
            assertThat(right(json(name, "\"5\"")).params()).isEqualTo(Map.of(name, "5"));
        }
        assertThat(right(query("string", "5")).params()).isEqualTo(Map.of("string", "5"));
        assertThat(right(query("any", "hello")).params()).isEqualTo(Map.of("any", "hello"));
        assertThat(right(query("any", "\"5\"")).params()).isEqualTo(Map.of("any", "\"5\""));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "string  | 5        | is a string, not a number",
                "string  | true     | is a string, not true or false",
                "string  | {}       | is a string, not an object",
                "integer | \"5\"    | is an integer, not a string",
                "integer | 5.0      | is an integer, written as 5, not as 5.0 or 5e0",
                "integer | null     | is an integer, not null",
                "number  | [1]      | is a number, not an array",
                "boolean | 1        | is true or false, not a number",
                "object  | [1]      | is an object, not an array",
                "array   | {\"a\":1} | is an array, not an object",
                "object  | {\"a\":1,\"a\":2} | has two fields of one name in an object",
                "array   | [\"\\ud800\"] | holds half of a surrogate pair",
            })
    void whatIsOfAnotherTypeInJsonIsAMistakeThatSaysSo(String name, String value, String words) {
        assertThat(wrong(json(name, value))).containsExactly(new Mistake(name, words));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "integer | five  | is an integer, such as 5",
                "integer | 1.5   | is an integer, written as 5, not as 5.0 or 5e0",
                "integer | ``    | is an integer, such as 5",
                "number  | 1,5   | is a number, such as 2.5",
                "number  | true  | is a number, not true or false",
                "boolean | yes   | is true or false",
                "object  | {a:1} | is an object as JSON, such as {\"a\":1}",
                "array   | 1,2   | is an array as JSON, such as [1,2]",
            })
    void whatCannotBeReadAsTheTypeInAQueryIsAMistakeThatSaysSo(
            String name, String value, String words) {
        assertThat(wrong(query(name, value))).containsExactly(new Mistake(name, words));
    }

    @Test
    void allMistakesAreToldAtOnceAlsoAfterOneInsideAValue() {
        Read read =
                json(
                        "{\"object\":{\"a\":[{\"b\":1,\"b\":{\"c\":[]}}]},\"integer\":\"x\","
                                + "\"array\":7,\"boolean\":true}");

        assertThat(wrong(read))
                .extracting(Mistake::field)
                .containsExactly("object", "integer", "array");
    }

    @Test
    void aValueIsMeasuredAsItsJson() {
        String long65 = "[" + "1,".repeat(31) + "1]";

        assertThat(long65).hasSize(65);
        assertThat(wrong(json("array", long65)).getFirst().oversized()).isTrue();
        assertThat(right(json("array", long65.replace("1]", "]").replace(",]", "]"))).values())
                .hasSize(1);
    }

    private static Params params(Ask ask) {
        return new Params(ask.params(), ask.values());
    }

    private record Read(Map<String, Field> fields, boolean typed, Mistakes mistakes) {}

    private static Read json(String name, String value) {
        return json("{\"" + name + "\":" + value + "}");
    }

    private static Read json(String body) {
        Mistakes mistakes = new Mistakes();
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return new Read(JsonFields.read(bytes, mistakes), true, mistakes);
    }

    private static Read query(String name, String value) {
        Mistakes mistakes = new Mistakes();
        String query = name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
        return new Read(QueryFields.read(query, mistakes), false, mistakes);
    }

    private static Ask right(Read read) {
        return switch (reading(read)) {
            case AskReader.Reading.Right(Ask ask) -> ask;
            case AskReader.Reading.Wrong(Problem problem) ->
                    throw new AssertionError(problem.toString());
        };
    }

    private static List<Mistake> wrong(Read read) {
        return switch (reading(read)) {
            case AskReader.Reading.Wrong(Problem.Invalid invalid) -> invalid.mistakes();
            case AskReader.Reading other -> throw new AssertionError(other.toString());
        };
    }

    private static AskReader.Reading reading(Read read) {
        return new AskReader(
                        DOOR,
                        url -> new WebhookUrls.Verdict.Allowed(URI.create(url)),
                        TestClients.authenticator("our-key"),
                        InstantSource.system())
                .read(
                        new Caller(new Viewer(7, false), 100, 1),
                        read.fields(),
                        read.typed(),
                        null,
                        Duration.ZERO,
                        read.mistakes());
    }
}
