package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.door.Fault;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * What an operator does most, without a mouse: in the console by its keys, and by the command line.
 * Each takes few strokes of a key, and less than a minute.
 */
class OperatorTasksTest extends InTheConsole {
    /** Strokes of a key for a task, what is typed as text apart. */
    private static final int FEW = 60;

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private long began;
    private int strokes;
    private int status;

    @BeforeEach
    void begins() {
        console.go("/upstreams");
        console.expect(".upstream");
    }

    @Test
    void allOfOneReasonAreRetried() {
        List<String> byKeys = List.of(failed("keys one"), failed("keys two"));
        start();
        opensTheNewest(byKeys.getLast());
        console.expect(".failure");
        press("a");
        console.expectText("dialog", "failed as rejected with 422");
        press("Tab", "Enter");
        byKeys.forEach(this::untilSucceeded);
        ends();

        List<String> byCommand = List.of(failed("command one"), failed("command two"));
        start();
        assertThat(holdfast("retry", "--reason", "rejected", "--yes"))
                .contains("done to 2 of 2 requests");
        byCommand.forEach(this::untilSucceeded);
        ends();
    }

    @Test
    void aRequestIsFoundByItsText() {
        String needle = world.ask("the needle of them all", "");
        world.ended(needle);
        world.ended(world.ask("straw", ""));
        start();
        press("2");
        console.expect("virtual-list");
        press("/", "Tab");
        type("needle");
        press("Enter");
        console.expectCount("[role=row][id]", 1);
        console.expectText("#row-" + needle, "the needle of them all");
        press("j", "Enter");
        console.expectText(".request .id", needle);
        ends();

        start();
        assertThat(holdfast("requests", "--text", "needle")).startsWith(needle).hasLineCount(1);
        ends();
    }

    @Test
    void whoUsesTheQuotaIsSeen() {
        world.ended(world.ask("uses", ""));
        start();
        press("1", "u");
        console.expectText(".users table:has-text('31 days') tr:has-text('shop')", "shop");
        press("u");
        ends();

        start();
        assertThat(holdfast("status", "--clients"))
                .containsPattern("of 5000 calls taken within 744h00m, by client:\\R +shop +[1-9]");
        ends();
    }

    @Test
    void whyOneWaitsIsSeen() {
        world.pause("pause");
        String waits = world.ask("why does it wait", "");
        start();
        opensTheNewest(waits);
        console.expectText(".request .figure:has-text('time')", "paused");
        ends();

        start();
        assertThat(holdfast("requests", waits)).contains("queued", "paused");
        ends();
        world.cancel(waits);
    }

    /** The key of an operator who is at the console, while a program goes on with either. */
    @Test
    void aKeyIsRotatedWithoutARefusedCall() throws Exception {
        String file = world.configuration().toString();
        String first = holdfast("keys", "create", "night", "--admin", "--config", file).strip();
        untilLetIn(first);
        start();
        enters(first);
        String second = holdfast("keys", "create", "night", "--admin", "--config", file).strip();
        while (taken(second) == 401) {
            assertThat(taken(first)).as("the first goes on").isIn(200, 202, 503);
        }
        enters(second);
        String listed = holdfast("keys", "list", "--config", file);
        String id =
                listed.lines()
                        .filter(line -> line.startsWith("night"))
                        .map(line -> line.split(" +", -1)[3])
                        .findFirst()
                        .orElseThrow();
        holdfast("keys", "revoke", "night", "--key", id, "--config", file);
        assertThat(status).isZero();
        while (taken(first) != 401) {
            assertThat(taken(second)).as("the second lets in").isIn(200, 202, 503);
        }
        press("2", "1");
        console.expect(".upstream");
        console.expect(".connection.live");
        ends();
        enters(ConsoleWorld.ADMIN_KEY);
    }

    private void opensTheNewest(String id) {
        press("2");
        console.expect("#row-" + id);
        press("j", "Home", "Enter"); // it still knows which one was looked at before
        console.expectText(".request .id", id);
    }

    /** Leaves the console and comes back with another key. */
    private void enters(String key) {
        for (int tabs = 0;
                !console.text("document.activeElement.textContent").equals("Leave");
                tabs++) {
            assertThat(tabs).isLessThan(FEW);
            press("Tab");
        }
        press("Enter");
        console.expect("#key");
        console.until("document.activeElement.id === 'key'");
        type(key);
        press("Enter");
        console.expect(".connection.live");
        console.expect(".upstream");
    }

    private void start() {
        began = System.nanoTime();
        strokes = 0;
    }

    private void ends() {
        assertThat(strokes).as("strokes").isLessThanOrEqualTo(FEW);
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(MINUTE);
    }

    private void press(String... keys) {
        strokes += keys.length;
        console.press(keys);
    }

    private void type(String text) {
        console.page.keyboard().type(text);
    }

    private String failed(String message) {
        world.upstream.fault(Fault.status(422));
        String id = world.ask(message, "");
        assertThat(world.ended(id)).contains("\"status\":\"failed\"");
        world.upstream.fault(Fault.NONE);
        return id;
    }

    private void untilSucceeded(String id) {
        String request = world.ended(id);
        while (!request.contains("\"status\":\"succeeded\"")) {
            request = world.ended(id);
        }
    }

    /** A key is known within a second. */
    private void untilLetIn(String key) throws IOException, InterruptedException {
        int status = taken(key);
        while (status == 401) {
            status = taken(key);
        }
        assertThat(status).isIn(200, 202, 503);
    }

    /** What the gateway says to an ask with this key. */
    private int taken(String key) throws IOException, InterruptedException {
        return world.http()
                .send(
                        world.request("/crypto/sign?message=rotated", key).build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private String holdfast(String... args) {
        var out = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(new StringWriter(), true));
        List<String> all = new ArrayList<>(List.of(args));
        if (!args[0].equals("keys")) {
            all.addAll(List.of("--url", world.uri().toString(), "--key", ConsoleWorld.ADMIN_KEY));
        }
        status = line.execute(all.toArray(String[]::new));
        return out.toString();
    }
}
