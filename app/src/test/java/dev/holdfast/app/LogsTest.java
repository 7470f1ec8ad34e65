package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.LoggingSettings;
import dev.holdfast.app.serve.Logging;
import dev.holdfast.simulator.door.Fault;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What a run writes to standard error as JSON, at its most talkative. */
@Isolated
@Timeout(60)
class LogsTest {
    private static final String MESSAGE = "a-message-nobody-should-see";
    private static final String TOKEN = "a-token-in-the-webhooks-query";
    private static final String WRONG_KEY = "a-key-that-is-not-valid-0123456789";

    @TempDir Path folder;

    @Test
    void aRequestThatFailsForGoodHasItsLineWithItsOwnId() throws Exception {
        List<String> ids = new ArrayList<>();
        String logs =
                logsOf(
                        () -> {
                            try (Running running = new Running(folder, "")) {
                                running.upstream.fault(Fault.status(400));
                                String ask = "/crypto/sign?message=" + MESSAGE;
                                ids.add(running.ended(ask, "X-Request-Id", "the-http-request"));
                            }
                        });
        List<JsonNode> told = new ArrayList<>();
        for (String line : logs.lines().toList()) {
            JsonNode one = new ObjectMapper().readTree(line);
            if (one.path("message").asText().startsWith("a request of /crypto/sign")) {
                told.add(one);
            }
        }
        assertThat(told).hasSize(1);
        assertThat(told.getFirst().path("request_id").asText()).isEqualTo(ids.getFirst());
        assertThat(told.getFirst().path("reason").asText()).isEqualTo("rejected");
        assertThat(told.getFirst().path("level").asText()).isEqualTo("WARN");
        assertThat(logs).doesNotContain(MESSAGE);
    }

    @Test
    void jsonLinesCarryTheRequestIdAndNeitherMessageNorSecret() throws Exception {
        String logs = logsOfARun();

        List<JsonNode> lines = new ArrayList<>();
        for (String line : logs.lines().toList()) {
            lines.add(new ObjectMapper().readTree(line));
        }
        assertThat(lines).isNotEmpty().allMatch(line -> line.hasNonNull("time"));
        assertThat(lines).allMatch(line -> line.hasNonNull("level") && line.has("message"));
        assertThat(lines)
                .anyMatch(
                        line ->
                                line.path("http_request_id").asText().equals("named-by-the-caller")
                                        && line.path("route").asText().equals("/crypto/sign")
                                        && line.path("status").asInt() == 200);
        assertThat(logs)
                .doesNotContain(MESSAGE)
                .doesNotContain(TOKEN)
                .doesNotContain(WRONG_KEY)
                .doesNotContain(Running.KEY)
                .doesNotContain(Running.UPSTREAM_KEY)
                .doesNotContain("whsec_");
    }

    private String logsOfARun() throws Exception {
        return logsOf(this::run);
    }

    /** What a run does. */
    private interface Work {
        void run() throws Exception;
    }

    private static String logsOf(Work work) throws Exception {
        var written = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            Logging.configure(
                    new LoggingSettings(LoggingSettings.Format.JSON, LoggingSettings.Level.DEBUG));
            work.run();
        } finally {
            Logging.configure((String) null);
            System.setErr(before);
        }
        return written.toString(StandardCharsets.UTF_8);
    }

    private void run() throws Exception {
        try (Running running = new Running(folder, "")) {
            String webhook = "&webhook_url=" + running.receiver() + "?token=" + TOKEN;
            String ask = "/crypto/sign?message=" + MESSAGE;
            String[] name = {"X-Request-Id", "named-by-the-caller"};
            assertThat(running.get(ask + webhook, name).statusCode()).isEqualTo(200);
            assertThat(running.webhooks.poll(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(running.get(ask + "&" + MESSAGE + "=1").statusCode()).isEqualTo(400);
            assertThat(running.get("/v1/webhook-secret").statusCode()).isEqualTo(200);
            assertThat(running.get(ask, "X-Key", WRONG_KEY).statusCode()).isEqualTo(200);
            assertThat(running.get("/v1/requests/" + MESSAGE).statusCode()).isEqualTo(404);
        }
    }
}
