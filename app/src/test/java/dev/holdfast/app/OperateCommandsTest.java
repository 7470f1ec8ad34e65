package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.simulator.door.Fault;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What an operator does at a terminal, on a running gateway. */
@Timeout(120)
class OperateCommandsTest {
    @TempDir private Path folder;
    private Running running;
    private int status;
    private String err = "";

    @BeforeEach
    void start() {
        running = new Running(folder, "");
    }

    @AfterEach
    void stop() {
        running.close();
    }

    private String holdfast(String... args) {
        var out = new StringWriter();
        var errors = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(errors, true));
        String[] all = new String[args.length + 4];
        System.arraycopy(args, 0, all, 0, args.length);
        System.arraycopy(
                new String[] {"--url", running.serve.uri().toString(), "--key", Running.KEY},
                0,
                all,
                args.length,
                4);
        status = line.execute(all);
        err = errors.toString();
        return out.toString();
    }

    private String failed(String message) throws Exception {
        running.upstream.fault(Fault.status(400));
        String id = running.ended("/crypto/sign?message=" + message);
        running.upstream.fault(Fault.NONE);
        return id;
    }

    @Test
    void aRequestIsFoundByItsTextAndItsStoryTold() throws Exception {
        String id = failed("Find%20me%20%22100%25%22");
        running.ended("/crypto/sign?message=other");

        assertThat(holdfast("requests", "--text", "find ME \"100%\""))
                .startsWith(id)
                .contains("failed", "rejected", "/crypto/sign", "message=Find me \"100%\"")
                .hasLineCount(1);
        assertThat(err).contains("1 found; there are no more.");
        assertThat(holdfast("requests", "--text", "me_100")).isEmpty();
        assertThat(holdfast("requests", id)).contains("failed: rejected (400)", "attempt 1: 400");
        assertThat(holdfast("requests", "--count", "--since", "1h"))
                .containsPattern("failed +1\\n")
                .containsPattern("succeeded +1\\n");
        assertThat(holdfast("requests", "--until", "1h")).isEmpty();
        assertThat(status).isZero();
    }

    @Test
    void aListGoesOnWhereItEndedAndMovesNoCursor() throws Exception {
        String old = running.ended("/crypto/sign?message=" + "%C2%9B2Jm%1B%5BH%0Aend");
        String fresh = running.ended("/crypto/sign?message=b");

        assertThat(holdfast("requests", "--limit", "1")).startsWith(fresh).hasLineCount(1);
        String cursor = err.strip().substring(err.indexOf("--cursor ") + "--cursor ".length());
        assertThat(holdfast("requests", "--cursor", cursor))
                .startsWith(old)
                .hasLineCount(1)
                .endsWith("message= 2Jm [H end" + System.lineSeparator());
    }

    @Test
    void allOfOneReasonAreRetriedOnceThatIsMeant() throws Exception {
        String one = failed("a");
        String two = failed("b");

        assertThat(holdfast("retry", "--reason", "rejected"))
                .contains("would be done to 2 requests; say --yes");
        assertThat(holdfast("requests", "--status", "failed")).contains(one, two);
        assertThat(holdfast("retry", "--reason", "rejected", "--yes"))
                .contains("retry: done to 2 of 2 requests, 0 skipped");
        assertThat(holdfast("requests", "--status", "failed")).isEmpty();
        assertThat(holdfast("retry", one)).contains("409");
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).contains("1 of 1 could not be done");
        holdfast("retry");
        assertThat(status).isEqualTo(Failure.USAGE);
    }

    @Test
    void whatIsDoneToManyIsListedAndStopped() throws Exception {
        failed("a");
        failed("b");
        assertThat(holdfast("retry", "--upstream-status", "404")).contains("done to 0 requests");
        assertThat(holdfast("retry", "--upstream-status", "400", "--per-second", "1", "--yes"))
                .contains("retry: done to 2 of 2 requests");
        String listed = holdfast("operations");
        assertThat(listed.lines().toList().getFirst())
                .contains("retry", "done", "2 of 2, 0 skipped", "upstream_status=400");
        String id = listed.substring(0, listed.indexOf(' '));
        assertThat(holdfast("operations", "--stop", id)).contains(id, "done");
        assertThat(holdfast("operations", "--stop", "x")).isEmpty();
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(holdfast("deliveries", "--redeliver", "--host", "nobody.test"))
                .contains("redeliver: would be done to 0 webhooks; say --yes");
        assertThat(holdfast("deliveries", "--redeliver", "--yes"))
                .contains("redeliver: done to 0 of 0 webhooks");
        holdfast("deliveries", "--yes");
        assertThat(status).isEqualTo(Failure.USAGE);
    }

    @Test
    void anUpstreamIsPausedItsRequestCancelledAndTheUpstreamResumed() throws Exception {
        assertThat(holdfast("pause", "synthesia")).contains("synthesia is paused; 0 requests wait");
        var receipt = running.get("/crypto/sign?message=waits");
        String id = new ObjectMapper().readTree(receipt.body()).path("id").asText();
        assertThat(holdfast("requests")).contains(id, "queued", "paused");
        assertThat(holdfast("cancel", id)).isEqualTo(id + "  cancelled" + System.lineSeparator());
        assertThat(holdfast("resume", "synthesia")).contains("synthesia is open");
        assertThat(holdfast("pause", "nobody")).isEmpty();
        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).contains("There is no upstream of this name");
    }

    @ParameterizedTest
    @CsvSource({
        "pause nobody, status",
        "resume nobody, status",
        "requests nobody, requests",
        "retry nobody, requests",
        "cancel nobody, requests",
        "operations --stop nobody, operations",
        "deliveries nobody, deliveries"
    })
    void whereNothingIsOfANameOrIdTheCommandIsSaidThatShowsThem(String typed, String shows) {
        holdfast(typed.split(" "));

        assertThat(status).isEqualTo(Failure.FAILED);
        assertThat(err).hasLineCount(1).contains("`holdfast " + shows + "` shows what there is");
    }

    @Test
    void aWebhookIsListedAndDeliveredAgain() throws Exception {
        running.get("/crypto/sign?message=hook&webhook_url=" + running.receiver());
        String webhook = running.webhooks.take().get("webhook-id");
        String listed = holdfast("deliveries");
        String id = listed.substring(0, listed.indexOf(' '));
        assertThat(listed).contains(running.receiver());
        assertThat(holdfast("deliveries", id)).contains(id + "  pending");
        assertThat(running.webhooks.take().get("webhook-id")).isEqualTo(webhook);
        assertThat(holdfast("deliveries", "--status", "nothing")).isEmpty();
        assertThat(status).isEqualTo(Failure.USAGE);
    }
}
