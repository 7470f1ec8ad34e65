package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.request.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** What every {@link Store} lists, page by page, however much there is. */
abstract class StoreReadsContract extends StoreFixture {
    /** More than are looked at for one page. */
    private static final int MANY = 9_000;

    @Test
    void aListGoesOnWhereItsLastLookEnded() {
        Accepted.Held failed = held(SHOP, "the only one that fails");
        fail(claimOne());
        time.pass(Duration.ofSeconds(1));
        fill(MANY);
        Reads.Page first = page(SHOP_VIEW, Status.FAILED, 10, null);
        assertThat(first.requests()).as("none of the newest").isEmpty();
        assertThat(first.next()).as("there may be more").isNotNull();
        Reads.Page second = page(SHOP_VIEW, Status.FAILED, 10, first.next());
        assertThat(second.requests())
                .extracting(RequestRecord::id)
                .containsExactly(failed.request().id());
        assertThat(second.next()).isNull();
        Reads.Page others = page(SHOP_VIEW, Status.QUEUED, 10, null);
        assertThat(others.requests()).hasSize(10);
        assertThat(page(ADMIN, Status.FAILED, 10, first.next()).requests()).hasSize(1);
    }

    @Test
    void anAdminsPagesHaveAllClientsRequestsInOrderOnce() {
        List<UUID> asked = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            asked.addFirst(held(SHOP + i % 7, "m" + i).request().id());
            time.pass(Duration.ofMillis(2));
        }
        List<UUID> listed = new ArrayList<>();
        UUID next = null;
        do {
            Reads.Page page = page(ADMIN, null, 7, next);
            page.requests().forEach(request -> listed.add(request.id()));
            next = page.next();
        } while (next != null);
        assertThat(listed).isEqualTo(asked);
        assertThat(store.reads().request(ADMIN, asked.getLast())).isPresent();
    }

    @Test
    void deliveriesAreListedPageByPage() {
        for (int i = 0; i < 12; i++) {
            held(with(ask(SHOP + i % 2, "m" + i), HOOK, null, null));
            succeed(claimOne());
            time.pass(TEN_A_MINUTE.memory());
        }
        List<UUID> listed = new ArrayList<>();
        UUID next = null;
        do {
            Deliveries.Page page =
                    store.deliveries().list(ADMIN, null, Deliveries.State.PENDING, 5, next);
            page.deliveries().forEach(delivery -> listed.add(delivery.id()));
            next = page.next();
        } while (next != null);
        assertThat(listed).hasSize(12).doesNotHaveDuplicates();
        assertThat(store.deliveries().list(SHOP_VIEW, null, null, 50, null).deliveries())
                .hasSize(6);
        Deliveries.DeliveryRecord one =
                store.deliveries().list(SHOP_VIEW, null, null, 1, null).deliveries().getFirst();
        assertThat(store.deliveries().list(ADMIN, one.request(), null, 5, null).deliveries())
                .containsExactly(one);
    }

    @Test
    void whoUsedAQuotaIsKnownAndHowFarWasLooked() {
        Instant start = store.clock().instant();
        for (int i = 0; i < 4; i++) {
            time.pass(Duration.ofSeconds(1));
            held(i == 0 ? OTHER : SHOP, "m" + i);
            succeed(claimOne());
        }
        held(OTHER, "under way");
        claimOne();
        held(SHOP, "waits");
        assertThat(used(start, 100))
                .isEqualTo(new Reads.Usage(List.of(by(SHOP, 3), by(OTHER, 2)), null));
        assertThat(used(start.plusSeconds(2), 100))
                .as("what settled later, and what is under way")
                .isEqualTo(new Reads.Usage(List.of(by(SHOP, 2), by(OTHER, 1)), null));
        Reads.Usage few = used(start, 2);
        assertThat(few.clients()).containsExactly(by(SHOP, 2), by(OTHER, 1));
        assertThat(few.lookedBackTo()).isEqualTo(start.plusSeconds(3));
        assertThat(store.reads().usage("another api", null, start, 9).clients()).isEmpty();
    }

    private Reads.Usage used(Instant settledAfter, int calls) {
        return store.reads().usage(API, null, settledAfter, calls);
    }

    private static Reads.Used by(int client, long calls) {
        return new Reads.Used(client, calls);
    }

    private void fill(int requests) {
        List<CompletionStage<Accepted>> asked = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            asked.add(store.accept(bounded(ask(SHOP, "fill" + i), requests + 9, requests + 9)));
            if (asked.size() == 512) {
                asked.forEach(stage -> assertThat(await(stage)).isInstanceOf(Accepted.Held.class));
                asked.clear();
            }
        }
        asked.forEach(stage -> assertThat(await(stage)).isInstanceOf(Accepted.Held.class));
    }

    private Reads.Page page(Viewer viewer, Status status, int limit, UUID before) {
        return store.reads().page(viewer, new Reads.Query(status, null, null, limit, before));
    }
}
