package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import dev.holdfast.app.ConsolePage.Looks;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who is let in, what becomes of the key, and what happens when the gateway goes away. */
@ExtendWith(Chromium.class)
@Timeout(90)
class DoorPageTest {
    private static ConsoleWorld world;

    @BeforeAll
    static void startWorld() {
        world = ConsoleWorld.withKeys();
    }

    @AfterAll
    static void stopWorld() {
        world.close();
    }

    @Test
    void aWrongKeyIsRefusedAndAClientsToo(Browser browser) {
        try (ConsolePage console = ConsolePage.at(browser, world, Looks.DESK)) {
            console.expectText(".door h1", "Who looks?");
            console.unlock("hf_wrong");
            console.expectText(".door .words.bad", "This key is not known here.");
            console.unlock(ConsoleWorld.SHOP_KEY);
            console.expectText(".door .words.bad", "not an admin");
            console.expectCount(".upstream", 0);
            console.unlock(ConsoleWorld.ADMIN_KEY);

            console.expect(".upstream");
        }
    }

    @Test
    void theKeyStaysInTheTabAndNowhereElse(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.page.reload();
            console.expect(".upstream");
            assertThat(console.text("JSON.stringify(localStorage) + document.cookie + location"))
                    .doesNotContain("hf_");
            assertThat(console.text("document.documentElement.outerHTML")).doesNotContain("hf_");
            console.page.click("button:has-text('Leave')");

            console.expect(".door");
            assertThat(console.text("JSON.stringify(sessionStorage)")).doesNotContain("hf_");
            assertThat(console.text("document.body.textContent")).doesNotContain("synthesia");
        }
    }

    @Test
    void withoutAnyClientNoKeyIsAskedFor(Browser browser) {
        try (ConsoleWorld open = ConsoleWorld.open();
                ConsolePage console = ConsolePage.at(browser, open, Looks.DESK)) {
            console.expect(".connection.live");
            console.expect(".upstream");
            console.expectCount("button:has-text('Leave')", 0);
        }
    }

    @Test
    void aLostConnectionIsSaidAndMadeAnewByItself(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.expect(".upstream");
            world.stopGateway();
            console.expectText(".banner.bad", "The connection to the gateway is lost.");
            console.expectText(".connection", "lost");
            console.expect(".upstream");
            console.picture("lost");
            world.startGateway();

            console.expect(".connection.live");
            console.expectCount(".banner", 0);
        }
    }

    @Test
    void aMessageIsTextWhateverItHolds(Browser browser) {
        String id = world.ask("<img src=x onerror=alert(1)><script>alert(2)</script>", "");
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.go("/requests");
            console.expectText("#row-" + id + " .message", "<img src=x onerror=alert(1)>");
            console.go("/requests/" + id);
            console.expectText(".values pre", "<script>alert(2)</script>");
            console.expectCount("main img", 0);
        }
    }
}
