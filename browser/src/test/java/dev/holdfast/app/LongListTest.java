package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import dev.holdfast.app.ConsolePage.Looks;
import java.net.http.HttpResponse;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Ten thousand requests in the list. */
@ExtendWith(Chromium.class)
@Timeout(120)
class LongListTest {
    private static final int REQUESTS = 10_000;
    private static final int AT_ONCE = 200;

    /** Rows in the page at most: those in sight, and some before and behind. */
    private static final int MAX_ROWS = 60;

    @Test
    void tenThousandRequestsScrollWithAFewRowsInThePage(Browser browser)
            throws InterruptedException {
        try (ConsoleWorld world = ConsoleWorld.withKeys()) {
            world.pause("pause");
            fill(world);
            try (ConsolePage console = ConsolePage.inside(browser, world, Looks.DESK)) {
                console.go("/requests?client=shop");
                console.expect(".row");
                console.page.evaluate(WATCH);
                for (int loaded = 2_000; loaded < REQUESTS; loaded += 2_000) {
                    console.until(SCROLL + " >= " + loaded);
                }
                console.until(SCROLL + " === " + REQUESTS);
                console.page.focus("virtual-list");
                console.press("End");
                console.expect(".row.selected[aria-rowindex='" + (REQUESTS + 1) + "']");

                assertThat(console.number("mostRows")).isBetween(15, MAX_ROWS);
                assertThat(console.number("seenRows.size")).isGreaterThan(REQUESTS / 5);
                assertThat(console.number("emptyFrames"))
                        .as("drawings in which there was no row to see")
                        .isZero();
            }
        }
    }

    private static void fill(ConsoleWorld world) throws InterruptedException {
        Queue<Integer> wrong = new ConcurrentLinkedQueue<>();
        Queue<Integer> left = new ConcurrentLinkedQueue<>();
        IntStream.range(0, REQUESTS).forEach(left::add);
        Semaphore room = new Semaphore(AT_ONCE);
        while (!left.isEmpty()) {
            for (Integer i = left.poll(); i != null; i = left.poll()) {
                room.acquire();
                int message = i;
                var _ =
                        ask(world, message)
                                .whenComplete(
                                        (answer, error) -> {
                                            // As a caller does: a machine that has no time says so.
                                            if (error != null || answer.statusCode() == 503) {
                                                left.add(message);
                                            } else if (answer.statusCode() != 202) {
                                                wrong.add(answer.statusCode());
                                            }
                                            room.release();
                                        });
            }
            room.acquire(AT_ONCE); // all have been answered
            room.release(AT_ONCE);
        }
        assertThat(wrong).isEmpty();
    }

    private static CompletableFuture<HttpResponse<Void>> ask(ConsoleWorld world, int message) {
        return world.http()
                .sendAsync(
                        world.request("/crypto/sign?message=m" + message, ConsoleWorld.SHOP_KEY)
                                .header("Prefer", "respond-async")
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
    }

    /** Notes which rows were there, how many at once, and whether there was ever none in sight. */
    private static final String WATCH =
            """
            window.seenRows = new Set();
            window.mostRows = 0;
            window.emptyFrames = 0;
            const list = document.querySelector('virtual-list');
            const look = () => {
              const rows = list.querySelectorAll('.row');
              mostRows = Math.max(mostRows, rows.length);
              rows.forEach((row) => seenRows.add(row.id));
              const box = list.getBoundingClientRect();
              const middle = document.elementFromPoint(box.left + 200, box.top + 80);
              if (!middle?.closest('.row')) emptyFrames++;
            };
            new MutationObserver(look).observe(list, { childList: true, subtree: true });
            """;

    /** Scrolls on by a few screens each time it is asked; how many rows are loaded. */
    private static final String SCROLL =
            """
            (() => {
              const list = document.querySelector('virtual-list');
              list.scrollTop += list.clientHeight * 2.5;
              return Number(document.querySelector('.count').textContent.replace(/[^0-9]/g, ''));
            })()""";
}
