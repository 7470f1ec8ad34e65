package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.request.VerdictRule.Seen;
import dev.holdfast.request.VerdictRule.Then;
import dev.holdfast.request.VerdictRule.Verdict;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictRuleTest {
    private static final String LIMITED =
            "{\"error\":{\"code\":\"rate_limited\",\"retry_in\":7.5,\"n\":42,\"fatal\":true,"
                    + "\"null\":null,\"list\":[{\"code\":\"a\"}],\"a/b\":\"slash\",\"empty\":\"\"}}";

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "/error/code        | rate_limited | true  | true",
                "/error/code        | other        | true  | false",
                "/error/code        |              | true  | true",
                "/error/code        |              | false | false",
                "/error/n           | 42           | true  | true",
                "/error/n           | 42.0         | true  | false",
                "/error/fatal       | true         | true  | true",
                "/error/fatal       | false        | true  | false",
                "/error/null        |              | true  | false",
                "/error/null        |              | false | true",
                "/error/list        |              | true  | true",
                "/error/list/0/code | a            | true  | true",
                "/error/list/1/code |              | false | true",
                "/error/a~1b        | slash        | true  | true",
                "/error/empty       |              | true  | true",
                "/gone              |              | false | true",
                "/gone              |              | true  | false",
            })
    void aRuleFitsWhatStandsInTheBody(String place, String is, boolean exists, boolean fits) {
        var rule =
                new VerdictRule(
                        Set.of(), null, JsonPointer.compile(place), is, exists, Then.REJECT, null);

        assertThat(VerdictRule.of(List.of(rule), answer(200, LIMITED)) != null).isEqualTo(fits);
    }

    @Test
    void whatIsNoJsonOrCutTellsNothingButWhatCameFirst() {
        VerdictRule code = json("/error/code", "rate_limited", Then.THROTTLED, null);
        VerdictRule gone = new VerdictRule(Set.of(), null, at("/x"), null, false, Then.RETRY, null);

        for (String body : List.of("", "<html>", "{\"error\":{\"co", "nul", "{} <", " ")) {
            assertThat(VerdictRule.of(List.of(code), answer(200, body))).as(body).isNull();
            assertThat(VerdictRule.of(List.of(gone), answer(200, body))).as(body).isNull();
        }
        for (String body : List.of("{}", "[]", "\"error\"", "{\"x\":null,\"b\":[")) {
            assertThat(VerdictRule.of(List.of(code), answer(200, body))).as(body).isNull();
            assertThat(VerdictRule.of(List.of(gone), answer(200, body))).as(body).isNotNull();
        }
        String cut = LIMITED.substring(0, LIMITED.indexOf("retry_in"));
        assertThat(VerdictRule.of(List.of(code), answer(200, cut))).isNotNull();
    }

    @Test
    void whatComesBehindWhatIsLookedAtIsNotTakenForMissing() {
        String long64 = "a".repeat(VerdictRule.MAX_LOOK_BYTES);
        String answer = "{\"id\":\"" + long64 + "\",\"choices\":[1]}";
        VerdictRule none =
                new VerdictRule(Set.of(), null, at("/choices"), null, false, Then.RETRY, null);

        String seen = answer.substring(0, VerdictRule.MAX_LOOK_BYTES);
        assertThat(VerdictRule.of(List.of(none), answer(200, seen))).isNull();
        assertThat(VerdictRule.of(List.of(none), answer(200, answer))).isNull();
        assertThat(VerdictRule.of(List.of(none), answer(200, "{\"id\":\"a\"}"))).isNotNull();
    }

    @Test
    void theFirstRuleThatFitsDecidesAndAllThatItNamesMustFit() {
        List<VerdictRule> rules =
                List.of(
                        new VerdictRule(
                                Set.of(200),
                                null,
                                at("/error/code"),
                                "other",
                                true,
                                Then.DONE,
                                null),
                        new VerdictRule(
                                Set.of(500), null, at("/error/code"), null, true, Then.DONE, null),
                        new VerdictRule(
                                Set.of(), "x-error", null, "quota", true, Then.REJECT, null),
                        new VerdictRule(Set.of(200), null, null, null, true, Then.RETRY, "x-wait"),
                        json("/error/code", null, Then.UNAUTHORIZED, null));

        assertThat(VerdictRule.of(rules, answer(200, LIMITED)))
                .isEqualTo(new Verdict(Then.RETRY, null));
        assertThat(VerdictRule.of(rules, answer(200, LIMITED, "x-error", "quota")))
                .isEqualTo(new Verdict(Then.REJECT, null));
        assertThat(VerdictRule.of(rules, answer(200, LIMITED, "x-wait", "9")))
                .isEqualTo(new Verdict(Then.RETRY, "9"));
        assertThat(VerdictRule.of(rules, answer(404, LIMITED)))
                .isEqualTo(new Verdict(Then.UNAUTHORIZED, null));
        assertThat(VerdictRule.of(rules, answer(404, "{}"))).isNull();
    }

    @Test
    void theWaitIsReadWhereTheRuleSays() {
        assertThat(
                        VerdictRule.of(
                                List.of(json("/error/code", null, Then.RETRY, "/error/retry_in")),
                                answer(400, LIMITED)))
                .isEqualTo(new Verdict(Then.RETRY, "7.5"));
    }

    @Test
    void onlyRulesThatMayFitAStatusWantItsBody() {
        var rules =
                new StatusRules(
                        Set.of(200),
                        Set.of(404),
                        List.of(
                                new VerdictRule(
                                        Set.of(404), null, at("/e"), null, true, Then.DONE, null),
                                new VerdictRule(
                                        Set.of(500), "x", null, null, true, Then.RETRY, null)));

        assertThat(rules.mayBeDone(404)).isTrue();
        assertThat(rules.mayBeDone(500)).isFalse();
        assertThat(rules.looksIntoBody(404)).isTrue();
        assertThat(rules.looksIntoBody(500)).isFalse();
        assertThat(rules.isOpen(500)).isTrue();
        assertThat(rules.isOpen(502)).isFalse();
    }

    @Test
    void aRuleThatSaysNothingOrTwoThingsIsRefused() {
        assertThatThrownBy(() -> new VerdictRule(Set.of(), null, null, null, true, Then.DONE, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> new VerdictRule(Set.of(), "h", at("/a"), null, true, Then.DONE, null))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VerdictRule(Set.of(), "h", null, "x", false, Then.DONE, null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static JsonPointer at(String place) {
        return JsonPointer.compile(place);
    }

    private static VerdictRule json(String place, String is, Then then, String after) {
        return new VerdictRule(Set.of(), null, at(place), is, true, then, after);
    }

    private static Seen answer(int status, String body, String... headers) {
        Map<String, String> all = headers.length == 0 ? Map.of() : Map.of(headers[0], headers[1]);
        return new Seen(status, all::get, () -> body);
    }
}
