package dev.holdfast.app;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The sliding window, the backlog, pause and resume. */
class UpstreamsPageTest extends InTheConsole {
    private static final String UPSTREAM = ".upstream[data-name=synthesia] ";
    private static final String FOUR_IN_LANES_OF_THEIR_OWN =
            """
            (() => {
              const upstream = document.querySelector('.upstream[data-name=synthesia]');
              const bars = [...upstream.querySelectorAll('a.call:not(.gone) .hold')];
              const lanes = new Set(bars.map((bar) => bar.getAttribute('y')));
              return upstream.querySelector('.headline').textContent.includes('4 of 6 slots taken')
                && bars.length === 4 && lanes.size === 4
                && upstream.querySelectorAll('circle.free').length === 2;
            })()""";

    private static final int SLOTS = 6;

    @Override
    ConsoleWorld begin() {
        return ConsoleWorld.withKeys(SLOTS);
    }

    @BeforeEach
    void goToUpstreams() {
        console.go("/upstreams");
    }

    @Test
    void everySlotIsALaneAndEveryCallABarUntilItsSlotIsFree() {
        console.expectCount(UPSTREAM + ".lane", SLOTS);
        console.expectText(UPSTREAM + ".headline", SLOTS + " free now");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ids.add(world.ask("bar " + i, ""));
        }
        ids.forEach(world::ended);

        // At one moment, since a slot soon frees.
        console.until(FOUR_IN_LANES_OF_THEIR_OWN);
        // Freed by time alone, one window after it settled.
        console.expectText(UPSTREAM + ".headline", SLOTS + " free now");
        console.expectCount(UPSTREAM + "circle.free", SLOTS);
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
    void whoUsesTheQuotaIsShownAndKeptUpToDateUntilItIsClosed() {
        world.ended(world.ask("used by shop", ""));
        String month = UPSTREAM + ".users table:has-text('calls within 31 days') ";
        console.press("u");
        console.expectText(month + "tr:has-text('shop')", "100");
        String before = console.all(month + "td").first().textContent();
        world.ended(world.ask("used by shop again", ""));
        console.until(
                "!document.querySelectorAll('.users table')[1].textContent.includes('shop"
                        + before
                        + "')");
        console.press("u");
        console.expectCount(UPSTREAM + ".users table", 0);
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
        console.expectText("dialog", "No call leaves for it until somebody resumes it");
        console.expectText(UPSTREAM + ".condition", "open");
        console.page.click("dialog button:has-text('Pause it')");
        console.expectText(UPSTREAM + ".condition", "paused");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            ids.add(world.ask("backlog " + i, ""));
        }
        console.expectText(UPSTREAM + ".figures .figure:nth-child(1) dd", "9");
        console.expectText(UPSTREAM + ".figures .figure:nth-child(3) dd", "–");
        console.until("document.title.startsWith('9 waiting')");
        console.expect(UPSTREAM + ".figures .figure:has-text('the oldest has waited')");
        console.page.click(UPSTREAM + "button:has-text('Resume')");

        console.expectText(UPSTREAM + ".condition", "open");
        ids.forEach(world::ended);
        console.expectText(UPSTREAM + ".figures .figure:nth-child(1) dd", "0");
        console.expect(UPSTREAM + ".chart polygon.queued");
    }

    @Test
    void whatIsScheduledIsCountedWithTheTimeOfTheNext() {
        String times = UPSTREAM + ".figures .figure:has-text('scheduled for later') dd";
        Instant sooner = Instant.now().plus(Duration.ofHours(50)).truncatedTo(ChronoUnit.SECONDS);
        String later = world.ask("later", "&not_before=" + sooner.plus(Duration.ofDays(9)));
        console.expectText(times, "1, next due " + day(sooner.plus(Duration.ofDays(9))));
        String next = world.ask("sooner", "&not_before=" + sooner);
        console.expectText(times, "2, next due " + day(sooner));
        world.cancel(next);
        console.expectText(times, "1, next due " + day(sooner.plus(Duration.ofDays(9))));
        world.cancel(later);
        console.expectCount(times, 0);
    }

    private String day(Instant at) {
        return console.text(
                "new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })"
                        + (".format(new Date('" + at + "'))"));
    }

    @Test
    void aWindowWithTooManySlotsForLanesIsAMeter() {
        console.expectText(UPSTREAM + ".meter-row", "of 5,000 in 31 days");
        console.expect(UPSTREAM + ".meter-row meter");
    }
}
