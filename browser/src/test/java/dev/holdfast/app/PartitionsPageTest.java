package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page.EmulateMediaOptions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.holdfast.app.ConsolePage.Looks;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** An upstream's partitions on its page: found, seen, paused and resumed, by the keyboard alone. */
@ExtendWith(Chromium.class)
@Timeout(180)
class PartitionsPageTest {
    private static final String PARTITIONS = ".upstream[data-name=synthesia] .partitions ";
    private static final String PICKED = PARTITIONS + ".partition ";

    /** What would be there twice if it were not escaped. */
    private static final String TENANT = "<b>acme</b> & \"co\"/eu";

    /** So high that all of a page is in sight, in pixels. */
    private static final int TALL = 3_000;

    private static ConsoleWorld world;

    @BeforeAll
    static void open() {
        world = ConsoleWorld.ofTenants();
        for (int i = 10; i < 35; i++) {
            world.set("tenant " + i, "{\"concurrency\":" + i + "}");
        }
        world.set(TENANT, "{\"concurrency\":7}");
        world.ended(world.askAs(TENANT, "first"));
        world.ended(world.askAs(TENANT, "second"));
        world.askAs(TENANT, "third");
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void aPartitionIsFoundSeenPausedAndResumedByTheKeyboardAlone(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.go("/upstreams");
            console.expect(PARTITIONS);
            console.press("o");
            console.expectCount(PARTITIONS + "li", 20);
            console.expect(PARTITIONS + "input:focus");
            console.page.keyboard().type("tenant 3");
            console.expectCount(PARTITIONS + "li", 5);
            console.page.fill(PARTITIONS + "input", TENANT.substring(0, 4));
            console.expectCount(PARTITIONS + "li", 1);
            console.expectText(PARTITIONS + "li .name", TENANT);
            console.expectText(PARTITIONS + "li", "1 waiting");
            console.expectCount(PARTITIONS + "li b", 0);
            console.page.focus(PARTITIONS + "li button");
            console.press("Enter");
            console.expectText(PICKED + "h3", TENANT);
            console.expectText(PICKED + ".figure:has-text('calls within')", "2 of 2");
            console.expectText(PICKED + ".figure:has-text('under way')", "0 of 7");
            console.expectText(PICKED + ".figure:has-text('waits for')", "a slot of its own");

            pause(console, TENANT, "No");
            console.expectText(PICKED + ".condition", "open");
            pause(console, TENANT, "Pause it");
            console.expectText(PICKED + ".condition", "paused");
            console.expectText(PICKED + ".figure:has-text('waits for')", "its pause to end");
            console.expectText(PICKED + ".figure:has-text('under way')", "0 of 7");
            console.expectText(PARTITIONS, "1 paused");
            console.page.focus(PICKED + "button:has-text('Resume')");
            console.press("Enter");
            console.expectText(PICKED + ".condition", "open");
            console.expectText(PICKED + ".figure:has-text('waits for')", "a slot of its own");
        }
    }

    @Test
    void theSearchHasTheFocusHoweverLateItIsDrawn(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.go("/upstreams");
            console.expect(PARTITIONS);
            console.page.evaluate(
                    "() => { window.requestAnimationFrame = (draw) => setTimeout(draw, 500); }");
            console.press("o");
            console.expect(PARTITIONS + "input:focus");
        }
    }

    @Test
    void aPauseLeavesWhatSaysWhoCallsWhereItIs(Browser browser) {
        world.set("secretive", "{\"headers\":{\"Authorization\":\"Bearer secret\"}}");
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.go("/upstreams");
            console.expect(PARTITIONS);
            console.press("o");
            console.page.fill(PARTITIONS + "input", "secretive");
            console.expectCount(PARTITIONS + "li", 1);
            console.page.click(PARTITIONS + "li button");
            console.expectText(PICKED, "has headers of its own");
            pause(console, "secretive", "Pause it");
            console.expectText(PICKED + ".condition", "paused");
            console.expectText(PICKED, "has headers of its own");
            console.page.click(PICKED + "button:has-text('Resume')");
            console.expectText(PICKED + ".condition", "open");
            console.expectText(PICKED, "has headers of its own");
        } finally {
            world.set("secretive", "{}");
        }
    }

    private static void pause(ConsolePage console, String tenant, String answer) {
        console.page.focus(PICKED + "button:has-text('Pause')");
        console.press("Enter");
        console.expectText("dialog", tenant);
        console.page.focus("dialog button:has-text('" + answer + "')");
        console.press("Enter");
        console.expectCount("dialog", 0);
    }

    @Test
    void allAreThereAPageAfterTheOther(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.go("/upstreams");
            console.expect(PARTITIONS);
            console.press("o");
            console.expectText(PARTITIONS + "li:nth-child(1) .name", TENANT);
            console.page.click(PARTITIONS + "button:has-text('More')");
            console.expectCount(PARTITIONS + "li", 6);
            console.expectText(PARTITIONS + "li:last-child .name", "tenant 34");
            console.expectCount(PARTITIONS + "button:has-text('More')", 0);
            console.page.click(PARTITIONS + "button:has-text('Before')");
            console.expectCount(PARTITIONS + "li", 20);
            console.press("o");
            console.expectCount(PARTITIONS + "li", 0);
        }
    }

    @Test
    void noRuleIsViolated(Browser browser) throws Exception {
        Axe axe = Axe.installed();
        for (int width : List.of(360, 1360)) {
            Looks looks = new Looks(width, TALL, ColorScheme.LIGHT, ReducedMotion.REDUCE);
            try (ConsolePage console = ConsolePage.inside(browser, world, looks)) {
                console.go("/upstreams");
                console.expect(PARTITIONS);
                console.page.click(PARTITIONS + "button:has-text('Partitions')");
                console.page.click(PARTITIONS + "li:nth-child(1) button");
                console.expectText(PICKED + "h3", TENANT);
                assertThat(axe.violations(console.page)).isEmpty();
                console.page.emulateMedia(
                        new EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
                assertThat(axe.contrasts(console.page)).isEmpty();
            }
        }
    }
}
