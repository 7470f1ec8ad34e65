package dev.holdfast.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.holdfast.app.sign.Signing.Ended;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DemoReportTest {
    private static final Burst.Story SIGNED = story("a", signed("signature of a"));

    @Test
    void whatWasNotSignedIsSaidInALine() {
        assertThat(left(SIGNED)).isNull();
        assertThat(left(SIGNED, story("b", new Ended.Refused("502 gone")), SIGNED))
                .startsWith(
                        "holdfast: 1 of 3 messages were not signed; the first, \"b\": 502 gone");
        assertThat(left(story("c", signed("another")), SIGNED))
                .contains("1 of 2", "its signature is wrong");
    }

    private static String left(Burst.Story... stories) {
        return DemoReport.left(
                List.of(stories),
                (message, signature) -> signature.equals("signature of " + message));
    }

    private static Burst.Story story(String message, Ended ended) {
        return new Burst.Story(message, 202, Duration.ZERO, ended);
    }

    private static Ended signed(String signature) {
        return new Ended.Signed("id", "signature", TextNode.valueOf(signature), 1);
    }
}
