package dev.holdfast.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeaderChoiceTest {
    private static List<HeaderLine> of(HeaderChoice choice, String... lines) {
        return choice.of(
                HeaderLine.read(String.join("\n", lines)).stream()
                        .map(line -> Map.entry(line.name(), line.value()))
                        .toList());
    }

    @Test
    void whatIsNamedIsPassedInItsOrderAndNothingElse() {
        HeaderChoice choice = HeaderChoice.ofCallers(List.of("Accept", "openai-*"));
        assertThat(of(choice, "OpenAI-Beta: x", "accept: a", "user-agent: me", "Accept: b"))
                .containsExactly(
                        new HeaderLine("openai-beta", "x"),
                        new HeaderLine("accept", "a"),
                        new HeaderLine("accept", "b"));
    }

    @Test
    void noWildcardPassesAKeyACookieOrWhatBelongsToTheConnection() {
        HeaderChoice all = HeaderChoice.ofCallers(List.of("*"));
        assertThat(
                        of(
                                all,
                                "Authorization: k",
                                "X-Api-Key: k",
                                "Cookie: c",
                                "Connection: X-Secret, Upgrade",
                                "X-Secret: s",
                                "Proxy-Authorization: p",
                                "TE: trailers",
                                "Transfer-Encoding: chunked",
                                "Content-Length: 3",
                                "Host: h",
                                "X-Forwarded-For: f",
                                "Holdfast-Webhook-Url: u",
                                "X-Mine: m"))
                .containsExactly(new HeaderLine("x-mine", "m"));
        HeaderChoice answers = HeaderChoice.ofAnswers(List.of("*"));
        assertThat(of(answers, "Set-Cookie: c", "Keep-Alive: 1", "Connection: x", "X: y"))
                .isEmpty();
    }

    @Test
    void noAnswerSpeaksForOurOriginOrToAProxyBeforeUs() {
        HeaderChoice all = HeaderChoice.ofAnswers(List.of("*"));
        for (String name :
                List.of(
                        "X-Accel-Redirect",
                        "X-Sendfile",
                        "X-LIGHTTPD-send-file",
                        "X-Request-Id",
                        "WWW-Authenticate",
                        "Clear-Site-Data",
                        "Alt-Svc",
                        "Strict-Transport-Security",
                        "Service-Worker-Allowed",
                        "Access-Control-Allow-Origin",
                        "Cache-Status",
                        "Content-Security-Policy",
                        "X-Content-Type-Options")) {
            assertThat(of(all, name + ": v")).as(name).isEmpty();
        }
        assertThat(of(all, "X-RateLimit: 1")).hasSize(1);
        HeaderChoice named = HeaderChoice.ofAnswers(List.of("x-*", "X-Request-Id"));
        assertThat(of(named, "x-request-id: theirs"))
                .containsExactly(new HeaderLine("x-request-id", "theirs"));
    }

    @Test
    void whatMakesAnotherRequestOfOneIsPassedOnlyIfItIsNamed() {
        for (String name :
                List.of(
                        "x-original-url",
                        "x-rewrite-url",
                        "x-http-method-override",
                        "x-http-method",
                        "x-method-override")) {
            assertThat(of(HeaderChoice.ofCallers(List.of("*", "x-*")), name + ": v"))
                    .as(name)
                    .isEmpty();
            assertThat(of(HeaderChoice.ofCallers(List.of("x-*", name)), name + ": v")).hasSize(1);
        }
    }

    @Test
    void whatIsNeverPassedCannotBeNamed() {
        for (String name : List.of("Authorization", "cookie", "host", "a b", "", "x:y")) {
            assertThatThrownBy(() -> HeaderChoice.ofCallers(List.of(name)))
                    .as(name)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
