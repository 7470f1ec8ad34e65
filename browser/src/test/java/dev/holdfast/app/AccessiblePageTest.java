package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page.EmulateMediaOptions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.holdfast.app.ConsolePage.Looks;
import dev.holdfast.simulator.door.Fault;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each page, full and empty, in both schemes and at both widths, against all rules of axe-core. */
@ExtendWith(Chromium.class)
@Timeout(180)
class AccessiblePageTest {
    /** So high that all of a page is in sight: contrast is not told of what is not. In pixels. */
    private static final int TALL = 3_000;

    private static ConsoleWorld world;
    private static Axe axe;

    /** What stands at a place once it is all there. */
    private static final Map<String, String> SIGNS = new LinkedHashMap<>();

    @BeforeAll
    static void open() throws Exception {
        axe = Axe.installed();
        world = ConsoleWorld.withKeys();
        world.upstream.fault(Fault.status(422));
        String failed = world.askWithHook("refused");
        world.ended(failed);
        world.upstream.fault(Fault.status(502).first(2));
        String done = world.askWithHook("done in the end");
        world.ended(done);
        world.upstream.fault(Fault.NONE);
        world.ended(world.ask("another", ""));
        world.pause("pause");
        world.pause("resume");
        String waiting = world.ask("waits", "&not_before=86400");
        // Until the end there is a call under way.
        world.upstream.fault(Fault.of(Fault.Mode.HANG));
        world.ask("hangs", "");
        SIGNS.put("/upstreams", ".upstream a.call");
        SIGNS.put("/requests", ".row");
        SIGNS.put("/requests?route=/crypto/verify", ".empty");
        SIGNS.put("/requests/" + done, ".timeline .end");
        SIGNS.put("/requests/" + failed, ".failure");
        SIGNS.put("/requests/" + waiting, ".timeline .open");
        SIGNS.put("/requests/01890000-0000-7000-8000-000000000000", ".empty");
        SIGNS.put("/deliveries", ".row");
        SIGNS.put("/deliveries?status=ended", ".empty");
        SIGNS.put("/converter", ".rates .table li");
        SIGNS.put("/audit", ".row");
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noPageViolatesARule(boolean phone, Browser browser) {
        Looks looks = new Looks(phone ? 360 : 1360, TALL, ColorScheme.LIGHT, ReducedMotion.REDUCE);
        Map<String, List<String>> found = new LinkedHashMap<>();
        try (ConsolePage console = ConsolePage.at(browser, world, looks)) {
            console.expect(".door");
            found.put("door", violations(console));
            console.unlock(ConsoleWorld.ADMIN_KEY);
            console.expect(".connection.live");
            SIGNS.forEach(
                    (place, sign) -> {
                        console.go(place);
                        console.expect(sign);
                        found.put(place, violations(console));
                    });
            world.pause("pause");
            console.go("/upstreams");
            console.expect(".condition.paused");
            found.put("paused", violations(console));
            world.pause("resume");
            console.press("u");
            console.expect(".users td:has-text('%')");
            found.put("users", violations(console));
            console.press("?");
            console.expect("dialog");
            found.put("keys", violations(console));
        }
        found.values().removeIf(List::isEmpty);
        assertThat(found).isEmpty();
    }

    /** All rules in light, and in dark the one that colours decide. */
    private static List<String> violations(ConsolePage console) {
        List<String> found = new ArrayList<>(axe.violations(console.page));
        console.page.emulateMedia(new EmulateMediaOptions().setColorScheme(ColorScheme.DARK));
        axe.contrasts(console.page).forEach(one -> found.add("dark: " + one));
        console.page.emulateMedia(new EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
        return found;
    }

    /** So that nothing is clean because nothing was looked at. */
    @Test
    void whatViolatesARuleIsFound(Browser browser) {
        try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
            console.page.evaluate(
                    "document.querySelector('main').insertAdjacentHTML('afterbegin',"
                            + " '<input id=\"nameless\"><p id=\"pale\">pale</p>');"
                            + "document.querySelector('#pale').style.color = '#ccc'");
            List<String> found = axe.violations(console.page);

            assertThat(found).anyMatch(one -> one.startsWith("label | #nameless"));
            assertThat(found).anyMatch(one -> one.startsWith("color-contrast | #pale"));
            assertThat(axe.contrasts(console.page))
                    .hasSize(1)
                    .allMatch(one -> one.startsWith("color-contrast | #pale"));
        }
    }
}
