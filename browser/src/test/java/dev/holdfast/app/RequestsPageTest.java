package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.door.Fault;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The list of requests, one request's story, webhooks, and what can be done about them. */
class RequestsPageTest extends InTheConsole {
    @Test
    void requestsAreFilteredByStatusRouteClientAndReference() {
        String done = world.ask("filter done", "&client_request_id=order-1");
        world.ended(done);
        world.pause("pause");
        String queued = world.ask("filter queued", "&client_request_id=order-2");
        console.go("/requests");
        console.expect("#row-" + queued);
        console.expect("#row-" + done);

        console.page.selectOption("select[name=status]", "queued");
        console.expectCount("#row-" + done, 0);
        console.expect("#row-" + queued);
        console.page.selectOption("select[name=route]", "/crypto/verify");
        console.expectText(".empty", "No request matches.");
        console.page.click("button:has-text('clear')");
        console.page.selectOption("select[name=client]", "ops");
        console.expectText(".empty", "No request matches.");
        console.page.selectOption("select[name=client]", "shop");
        console.expect("#row-" + done);
        console.page.fill(".search input", "order-2");
        console.press("Enter");
        console.expectCount("#row-" + done, 0);
        console.expectText("#row-" + queued, "filter queued");
        assertThat(console.page.url()).contains("client_request_id=order-2");
    }

    @Test
    void anIdIsFoundAndAnUnknownOneIsSaidToBe() {
        String id = world.ask("by id", "");
        console.go("/requests");
        console.page.fill(".search input", "01890000-0000-7000-8000-000000000000");
        console.press("Enter");
        console.expectText(".toast.bad", "There is no request of this id");
        console.page.fill(".search input", id);
        console.press("Enter");

        console.expectText(".request .id", id);
        console.expectText(".request .values pre", "by id");
        console.page.click(".back");
        console.expect("virtual-list");
    }

    @Test
    void newRequestsAndNewStatesAppearByThemselves() {
        world.pause("pause");
        console.go("/requests");
        console.expect("virtual-list");
        String id = world.ask("appears", "");
        console.expectText("#row-" + id + " .pill", "queued");
        world.pause("resume");

        console.expectText("#row-" + id + " .pill", "succeeded");
    }

    @Test
    void whatCameWhileNobodyLookedIsThereToo() {
        world.pause("pause");
        String status = "status=queued&client_request_id=unseen";
        world.ask("seen", "&client_request_id=unseen");
        console.go("/requests?" + status);
        console.expectText(".count", "1");
        console.go("/converter");
        console.expect(".heart");
        for (int i = 0; i < 300; i++) {
            // The same message: one call will serve them all.
            world.ask("seen", "&client_request_id=unseen");
        }
        console.go("/requests?" + status);

        console.until(
                """
                (() => {
                  const list = document.querySelector('virtual-list');
                  if (list) list.scrollTop = list.scrollHeight;
                  return document.querySelector('.count')?.textContent.trim();
                })() === '301'""");
    }

    @Test
    void aRequestThatWasOpenedByALinkLeadsToTheList() {
        String id = world.ask("linked", "");
        try (ConsolePage linked = console.another("/requests/" + id)) {
            linked.unlock(ConsoleWorld.ADMIN_KEY);
            linked.expectText(".request .id", id);
            linked.press("Escape");

            linked.expect("#row-" + id);
        }
    }

    @Test
    void aStoryIsToldFromAcceptanceToItsWebhooksTries() {
        world.upstream.fault(Fault.status(502));
        world.receiver.fault(Fault.status(500).first(1));
        String id = world.askWithHook("story");
        console.go("/requests/" + id);
        console.expectText(".timeline .again", "Attempt 1");
        console.expectText(".timeline .again .code", "502");
        world.upstream.fault(Fault.NONE);

        console.expectText(".timeline .accepted", "Accepted and on disk");
        console.expectText(".timeline .waited.backoff", "waited before trying again");
        console.expectText(".timeline .ok .code", "200");
        console.expectText(".timeline .end", "Succeeded");
        console.expectText(".timeline .webhook", "request.succeeded");
        console.expectText(".timeline .try.again", "500");
        console.expect(".strip rect.call.ok");
        assertThat(console.number("document.querySelectorAll('.strip rect.call.again').length"))
                .isPositive();
        console.page.click(".timeline .webhook button");
        console.expectText(".timeline .try.ok", "204");
        console.expectText(".timeline .webhook .pill", "delivered");
        assertThat(world.receiver.stats(false).getLong("webhooks")).isPositive();
    }

    @Test
    void aRequestIsCancelledAfterAQuestion() {
        world.pause("pause");
        String id = world.ask("cancelled", "");
        console.go("/requests/" + id);
        console.page.click(".request button:has-text('Cancel')");
        console.page.click("dialog button:has-text('No')");
        console.expectText(".request .pill", "queued");
        console.page.click(".request button:has-text('Cancel')");
        console.page.click("dialog button:has-text('Cancel it')");

        console.expectText(".request .pill", "cancelled");
        console.expectText(".timeline .end", "Cancelled");
        console.expectCount(".request button:has-text('Cancel')", 0);
        assertThat(world.ended(id)).contains("\"status\":\"cancelled\"");
    }

    @Test
    void aFailedRequestIsRetried() {
        world.upstream.fault(Fault.status(400));
        String id = world.ask("retried", "");
        assertThat(world.ended(id)).contains("\"status\":\"failed\"");
        console.go("/requests/" + id);
        console.expectText(".failure", "rejected");
        console.expectText(".failure .advice", "The upstream refuses what was asked");
        console.expect(".timeline .refused");
        console.expectCount(".timeline .ok", 0);
        world.upstream.fault(Fault.NONE);
        console.page.click(".request button:has-text('Retry')");

        console.expectText(".request .pill", "succeeded");
        console.expectText(".timeline .refused", "Attempt 1");
        console.expectText(".timeline .ok", "Retry 1, attempt 1");
        assertThat(world.ended(id)).contains("\"status\":\"succeeded\"");
    }

    @Test
    void allThatFailedForOneReasonAreRetriedTogether() {
        world.upstream.fault(Fault.status(422));
        String one = world.ask("all one", "");
        String other = world.ask("all other", "");
        assertThat(world.ended(one)).contains("\"status\":\"failed\"");
        assertThat(world.ended(other)).contains("\"status\":\"failed\"");
        world.upstream.fault(Fault.NONE);
        console.go("/requests/" + one);
        console.page.click(".failure button:has-text('All of this reason')");
        console.expectText("dialog", "failed as rejected with 422");
        console.page.click("dialog button:has-text('Retry them')");

        untilDone(List.of(one, other));
    }

    @Test
    void whatFailedIsCountedByReasonAndRetriedTogether() {
        world.upstream.fault(Fault.status(422));
        String one = world.ask("reason one", "");
        String other = world.ask("reason other", "");
        assertThat(world.ended(one)).contains("\"status\":\"failed\"");
        assertThat(world.ended(other)).contains("\"status\":\"failed\"");
        world.upstream.fault(Fault.NONE);
        console.go("/requests?status=failed");
        console.page.click(".reasons button:has-text('Count by reason')");
        console.expectText(".reasons .reason", "rejected");
        console.page.click(".reasons button:has-text('Retry all')");
        console.expectText("dialog", "failed as rejected");
        console.page.click("dialog button:has-text('Retry them')");

        untilDone(List.of(one, other));
    }

    private void untilDone(List<String> ids) {
        for (String each : ids) {
            String request = world.ended(each);
            while (!request.contains("\"status\":\"succeeded\"")) {
                request = world.ended(each);
            }
        }
    }

    @Test
    void requestsAreFoundByTextReasonAndTimeAndRetriedAllTogether() {
        world.upstream.fault(Fault.status(409));
        String needle = world.ask("a needle", "");
        String straw = world.ask("straw", "");
        assertThat(world.ended(needle)).contains("\"status\":\"failed\"");
        assertThat(world.ended(straw)).contains("\"status\":\"failed\"");
        world.upstream.fault(Fault.NONE);
        console.go("/requests?status=failed");
        console.expect("#row-" + straw);
        console.page.fill("input[name=text]", "needle");
        console.press("Enter");
        console.expectCount("#row-" + straw, 0);
        console.expectText("#row-" + needle, "a needle");
        console.expectCount(".filters button:has-text('Retry all')", 0);
        console.page.fill("input[name=text]", "");
        console.press("Enter");
        console.page.fill("input[name=until]", "2020-01-01T00:00");
        console.expectText(".empty", "No request matches.");
        console.page.fill("input[name=until]", "");
        console.page.fill("input[name=since]", "2020-01-01T00:00");
        console.page.selectOption("select[name=reason]", "max-attempts");
        console.expectText(".empty", "No request matches.");
        console.page.selectOption("select[name=reason]", "rejected");
        console.expect("#row-" + needle);
        console.page.click(".filters button:has-text('Retry all')");
        console.expectText("dialog", "that the filter chooses have failed");
        console.page.click("dialog button:has-text('Retry them')");

        for (String each : List.of(needle, straw)) {
            String request = world.ended(each);
            while (!request.contains("\"status\":\"succeeded\"")) {
                request = world.ended(each);
            }
        }
    }

    @Test
    void whatIsListedIsCountedByStatusAndItsCallsByClient() {
        world.upstream.fault(Fault.status(502).first(1));
        String first = world.ask("counted first", "&client_request_id=counted");
        world.ended(first);
        world.upstream.fault(Fault.NONE);
        world.pause("pause");
        String second = world.ask("counted second", "&client_request_id=counted");
        console.go("/requests?client_request_id=counted");
        console.expectText(".tally", "All of these:");
        console.expectText(".tally", "1 queued");
        console.expectText(".tally", "1 succeeded");
        console.expectText(".tally", "2 for shop");
        console.page.click(".tally button:has-text('queued')");

        console.expectCount("#row-" + first, 0);
        console.expect("#row-" + second);
    }

    @Test
    void allThatWaitOfAClientAreCancelledAfterAQuestion() {
        world.pause("pause");
        String id = world.ask("cancelled with all", "");
        console.go("/requests?status=queued&client=shop");
        console.expect("#row-" + id);
        console.page.click(".filters button:has-text('Cancel all')");
        console.expectText("dialog", "have no end yet");
        console.page.click("dialog button:has-text('No')");
        console.page.click(".filters button:has-text('Cancel all')");
        console.page.click("dialog button:has-text('Cancel them')");

        assertThat(world.ended(id)).contains("\"status\":\"cancelled\"");
    }

    @Test
    void webhooksThatWereGivenUpAreRedeliveredAllTogether() {
        world.receiver.fault(Fault.status(410));
        String id = world.askWithHook("given up");
        world.ended(id);
        console.go("/deliveries?status=ended&client=shop");
        console.expect(".row:has([href='#/requests/" + id + "'])");
        world.receiver.fault(Fault.NONE);
        console.page.click(".filters button:has-text('Redeliver all')");
        console.page.click("dialog button:has-text('Redeliver them')");
        console.go("/deliveries?request_id=" + id);

        console.expectText(".row:has([href='#/requests/" + id + "']) .pill", "delivered");
    }

    @Test
    void aWebhookIsDeliveredAgainWithTheSameId() {
        String id = world.askWithHook("again");
        world.ended(id);
        console.go("/deliveries?request_id=" + id);
        console.expectText(".row .pill", "delivered");
        long before = world.receiver.stats(false).getLong("posts");
        long ids = world.receiver.stats(false).getLong("webhooks");
        console.page.click(".row button:has-text('Redeliver')");

        console.expectText(".toast.good", "same webhook-id");
        console.expectText(".row .attempts", "2");
        assertThat(world.receiver.stats(false).getLong("posts")).isEqualTo(before + 1);
        assertThat(world.receiver.stats(false).getLong("webhooks")).isEqualTo(ids);
    }

    @Test
    void deliveriesAreFiltered() {
        world.receiver.fault(Fault.status(410));
        String gone = world.askWithHook("gone");
        world.ended(gone);
        console.go("/deliveries");
        console.expectText(".row:has([href='#/requests/" + gone + "']) .pill", "ended");
        console.page.selectOption("select[name=status]", "delivered");
        console.expectCount(".row:has([href='#/requests/" + gone + "'])", 0);
        console.page.selectOption("select[name=status]", "ended");
        console.page.selectOption("select[name=client]", "shop");
        console.page.click(".row:has([href='#/requests/" + gone + "']) .type");

        console.expectText(".request h1", gone);
    }

    @Test
    void theConvertersMessagesRatesAndHeartbeatAreLive() {
        console.go("/converter");
        console.expectText(".heart", "connected to the feed");
        console.expect(".tape .result");
        console.expect(".rates .table li");
        String newest = console.text("document.querySelector('.tape li .id').textContent");
        String heard = console.text("document.querySelector('.heart .muted').textContent");
        console.until("document.querySelector('.tape li .id').textContent !== '" + newest + "'");
        console.until("document.querySelector('.heart .muted').textContent !== '" + heard + "'");
        console.page.fill(".rates .search input", "us");

        console.until("document.querySelectorAll('.rates .table li').length === 1");
        console.expectText(".rates .table li", "USD");
    }
}
