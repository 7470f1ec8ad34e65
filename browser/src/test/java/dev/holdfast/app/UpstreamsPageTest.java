package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import dev.holdfast.app.ConsolePage.Looks;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The sliding window, the backlog, pause and resume. */
@ExtendWith(Chromium.class)
@Timeout(90)
class UpstreamsPageTest {
    private static final String UPSTREAM = ".upstream[data-name=synthesia] ";
    private static ConsoleWorld world;
    private ConsolePage console;

    @BeforeAll
    static void startWorld() {
        world = ConsoleWorld.withKeys();
    }

    @AfterAll
    static void stopWorld() {
        world.close();
    }

    @BeforeEach
    void open(Browser browser) {
        console = ConsolePage.inside(browser, world, Looks.DESK);
    }

    @AfterEach
    void close() {
        console.close();
    }

    @Test
    void everySlotIsALaneAndEveryCallABarUntilItsSlotIsFree() {
        console.expectCount(UPSTREAM + ".lane", ConsoleWorld.SLOTS);
        console.expectText(UPSTREAM + ".headline", ConsoleWorld.SLOTS + " free now");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(world.ask("bar " + i, ""));
        }
        ids.forEach(world::ended);

        console.expectText(UPSTREAM + ".headline", "4 of 6 slots taken");
        console.expectCount(UPSTREAM + "a.call:not(.gone)", 4);
        console.expectCount(UPSTREAM + "circle.free", ConsoleWorld.SLOTS - 4);
        assertThat(
                        console.number(
                                "new Set([...document.querySelectorAll('.upstream[data-name=synthesia] .call:not(.gone) .hold')]"
                                        + ".map((bar) => bar.getAttribute('y'))).size"))
                .as("lanes of the four")
                .isEqualTo(4);
        // Freed by time alone, one window after it settled.
        console.expectText(UPSTREAM + ".headline", ConsoleWorld.SLOTS + " free now");
        console.expectCount(UPSTREAM + "circle.free", ConsoleWorld.SLOTS);
    }

    @Test
    void theWindowMovesWithTime() {
        world.ended(world.ask("moves", ""));
        console.expect(UPSTREAM + "a.call");
        String belt = "document.querySelector('.upstream[data-name=synthesia] .belt')";
        String before = console.text(belt + ".getAttribute('transform')");

        console.until(belt + ".getAttribute('transform') !== '" + before + "'");
    }

    @Test
    void aBarLeadsToItsRequest() {
        String id = world.ask("leads", "");
        world.ended(id);
        console.expect(UPSTREAM + "a.call[href='#/requests/" + id + "']").dispatchEvent("click");

        console.expectText(".request h1", id);
    }

    @Test
    void theBacklogIsShownWhileAnUpstreamIsPausedAndWorkedOffAfterwards() {
        console.page.click(UPSTREAM + "button:has-text('Pause')");
        console.expectText(UPSTREAM + ".condition", "paused");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            ids.add(world.ask("backlog " + i, ""));
        }
        console.expectText(UPSTREAM + ".figures .figure:nth-child(1) dd", "9");
        console.expectText(UPSTREAM + ".figures .figure:nth-child(3) dd", "≈");
        console.until("document.title.startsWith('9 waiting')");
        console.page.click(UPSTREAM + "button:has-text('Resume')");

        console.expectText(UPSTREAM + ".condition", "open");
        ids.forEach(world::ended);
        console.expectText(UPSTREAM + ".figures .figure:nth-child(1) dd", "0");
        console.expect(UPSTREAM + ".chart polygon.queued");
    }

    @Test
    void aWindowWithTooManySlotsForLanesIsAMeter() {
        console.expectText(UPSTREAM + ".meter-row", "of 5,000 in 30 days");
        console.expect(UPSTREAM + ".meter-row meter");
    }
}
