package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import dev.holdfast.app.ConsolePage.Looks;
import dev.holdfast.simulator.door.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Dark and light, phone width, less motion, the keyboard alone; a picture of each page. */
@ExtendWith(Chromium.class)
@Timeout(90)
class LooksPageTest {
    private static ConsoleWorld world;
    private static String storied;

    @BeforeAll
    static void startWorld() {
        world = ConsoleWorld.flaky();
        world.upstream.fault(Fault.status(502).first(1));
        storied = world.askWithHook("The quick brown fox jumps over the lazy dog");
        world.ended(storied);
        world.upstream.fault(Fault.NONE);
        for (int i = 1; i <= 60; i++) {
            world.ask("message " + i, i % 3 == 0 ? "&webhook_url=" + world.receiver.uri() : "");
        }
    }

    @AfterAll
    static void stopWorld() {
        world.close();
    }

    private static Map<String, String> places() {
        return Map.of(
                "upstreams", "/upstreams",
                "requests", "/requests",
                "request", "/requests/" + storied,
                "deliveries", "/deliveries",
                "converter", "/converter");
    }

    private static final Map<String, String> SIGNS =
            Map.of(
                    "upstreams", ".upstream a.call",
                    "requests", ".row",
                    "request", ".timeline .end",
                    "deliveries", ".row",
                    "converter", ".tape li:nth-child(5)");

    @Test
    void everyPageIsInDarkAndLight(Browser browser) {
        List<String> papers = new ArrayList<>();
        for (Looks looks : List.of(Looks.DESK, Looks.DESK.dark())) {
            try (ConsolePage console = ConsolePage.inside(browser, world, looks)) {
                places().forEach(
                                (name, place) -> {
                                    console.go(place);
                                    console.expect(SIGNS.get(name));
                                    console.picture(
                                            name + (looks.equals(Looks.DESK) ? "" : "-dark"));
                                });
                papers.add(
                        console.text("getComputedStyle(document.documentElement).backgroundColor"));
            }
        }
        assertThat(papers).doesNotHaveDuplicates().hasSize(2);
    }

    @Test
    void theSwitchOverridesTheSystemAndIsRemembered(Browser browser) {
        String paper = "getComputedStyle(document.documentElement).backgroundColor";
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            String light = console.text(paper);
            console.press("t", "t");
            console.until(paper + " !== '" + light + "'");
            String dark = console.text(paper);
            console.page.reload();
            console.expect(".upstream");
            assertThat(console.text(paper)).isEqualTo(dark);
        }
    }

    @Test
    void nothingIsWiderThanAPhone(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK.phone())) {
            places().forEach(
                            (name, place) -> {
                                console.go(place);
                                console.expect(SIGNS.get(name));
                                assertThat(console.text(TOO_WIDE)).as(name).isEmpty();
                                console.picture(name + "-phone");
                            });
        }
        try (ConsolePage console = ConsolePage.at(browser, world, Looks.DESK.phone())) {
            console.expect(".door");
            assertThat(console.text(TOO_WIDE)).isEmpty();
            console.picture("door-phone");
        }
    }

    /** What sticks out of the window, but for what scrolls or is cut inside something narrower. */
    private static final String TOO_WIDE =
            """
            [...document.querySelectorAll('body *')].filter((one) => {
              if (one.closest('svg') && one.localName !== 'svg') return false;
              const box = one.getBoundingClientRect();
              return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1);
            }).map((one) => one.localName + '.' + one.className).join(' ')
            """;

    @Test
    void withLessMotionNothingIsAnimated(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK.calm())) {
            for (String place : List.of("/upstreams", "/converter")) {
                console.go(place);
                console.expect(".figures");
                assertThat(console.number("document.getAnimations().length")).isZero();
            }
        }
    }

    @Test
    void theKeyboardAloneIsEnough(Browser browser) {
        try (ConsolePage console = ConsolePage.at(browser, world, Looks.DESK)) {
            console.expect(".door");
            console.until("document.activeElement?.id === 'key'");
            console.page.keyboard().type(ConsoleWorld.ADMIN_KEY);
            console.press("Enter");
            console.expect(".upstream");
            console.press("?");
            console.expectText("dialog", "Pause or resume");
            console.picture("keys");
            console.press("Escape");
            console.expectCount("dialog", 0);
            console.press("p");
            console.expectText("dialog", "Pause synthesia?");
            console.press("Tab", "Enter");
            console.expectText(".upstream .condition", "paused");
            console.press("p");
            console.expectText(".upstream .condition", "open");
            console.press("2");
            console.expect(".row");
            console.press("j", "j", "k");
            console.expect(".row.selected");
            console.press("End");
            console.until(
                    "document.querySelector('.row.selected')?.getAttribute('aria-rowindex') > 20");
            console.press("Home", "Enter");
            console.expect(".request");
            console.press("Escape");
            console.expect(".row.selected");
            console.press("/");
            console.until("document.activeElement?.name === 'search'");
            console.press("Escape", "3");
            console.expect(".row .deliveries-grid");
            console.press("j", "r");
            console.expect(".toast.good:has-text('delivered again')");
            console.press("1");
            // Until then there is a call to see, however long all of this took.
            world.upstream.fault(Fault.of(Fault.Mode.HANG));
            world.ask("in sight", "");
            focusIsSeen(console);
            world.upstream.fault(Fault.NONE);
        }
    }

    /**
     * Tab goes through everything that can be used, and each is outlined while it has the focus.
     */
    private static void focusIsSeen(ConsolePage console) {
        console.expect(".upstream a.call");
        console.page.evaluate("document.activeElement.blur()");
        List<String> stops = new ArrayList<>();
        for (int i = 0; i < 14; i++) {
            console.press("Tab");
            stops.add(
                    console.text(
                            """
                            (() => {
                              const one = document.activeElement;
                              const seen = one.closest('svg')
                                ? getComputedStyle(one.querySelector('.hold, .solid')).stroke !== 'none'
                                : getComputedStyle(one).outlineStyle !== 'none';
                              return one.localName + (seen ? '' : ' unseen');
                            })()
                            """));
        }
        // The page's body stands for the browser's own controls, which come between last and first.
        stops.removeIf(stop -> stop.startsWith("body"));
        assertThat(stops).noneMatch(stop -> stop.endsWith("unseen")).contains("a", "button");
    }
}
