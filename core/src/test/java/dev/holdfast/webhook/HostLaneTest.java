package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.pace.Breaker;
import dev.holdfast.webhook.HostLane.HandedDelivery;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits for a host and when, without deliveries. */
final class HostLaneTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final URI HOOK = URI.create("https://shop.example/hook");
    private static final String HOST = "shop.example:443";
    private static final Duration QUICK = Duration.ofMillis(1);

    private final HostLanes lanes = new HostLanes();
    private final HostLane lane = lanes.of(1, HOST);

    private static HandedDelivery handed(HostLane lane, Instant since) {
        return new HandedDelivery(null, HOOK, lane, since);
    }

    /** As many as wait for it at once are kept. */
    private int kept(Instant now, int most) {
        int kept = 0;
        while (kept < most && lane.await(handed(lane, now), now)) {
            kept++;
        }
        return kept;
    }

    private void fails(Instant from, Duration took) {
        assertThat(lane.enter(from)).isTrue();
        lane.settled(true, from, from.plus(took));
    }

    private void isDown() {
        for (int i = 0; i < Breaker.FAILURES_TO_OPEN; i++) {
            fails(NOW, Duration.ZERO);
        }
    }

    @Test
    void aHostIsItsNameAndItsPort() {
        assertThat(HostLane.hostOf(URI.create("https://Shop.Example/a"))).isEqualTo(HOST);
        assertThat(HostLane.hostOf(URI.create("https://shop.example:443/b"))).isEqualTo(HOST);
        assertThat(HostLane.hostOf(URI.create("http://shop.example/")))
                .isEqualTo("shop.example:80");
        assertThat(HostLane.hostOf(URI.create("http://a_b.example:8080/")))
                .isEqualTo("a_b.example:8080");
        assertThat(HostLane.hostOf(URI.create("https://[::1]/"))).isEqualTo("[::1]:443");
        assertThatThrownBy(() -> HostLane.hostOf(URI.create("mailto:a@b.example")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPlaceThatWasTakenIsFreeAgainWhetherTheCallWasMadeOrNot() {
        for (int round = 0; round < 2 * HostPlaces.MAX_AT_ONCE; round++) {
            assertThat(lane.enter(NOW)).isTrue();
            assertThat(lane.underWay()).isOne();
            assertThat(lane.isEmpty()).isFalse();
            lane.untried(NOW);
            assertThat(lane.isEmpty()).isTrue();
            assertThat(lane.enter(NOW)).isTrue();
            lane.settled(false, NOW, NOW);
            assertThat(lane.underWay()).isZero();
        }
        assertThat(lane.isIdle()).isTrue();
    }

    @Test
    void oneClientHasSoManyPlacesAndAllTogetherTheHosts() {
        int taken = 0;
        for (int client = 1; client <= HostPlaces.MAX_AT_ONCE; client++) {
            HostLane its = lanes.of(client, HOST);
            int own = 0;
            while (its.enter(NOW)) {
                own++;
            }
            assertThat(own).isLessThanOrEqualTo(Breaker.MAX_AT_ONCE);
            taken += own;
        }
        assertThat(taken).isEqualTo(HostPlaces.MAX_AT_ONCE);
        assertThat(lanes.of(1, "other.example:443").enter(NOW)).as("another host").isTrue();
        assertThatThrownBy(() -> lane.places().take()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void noMorePlacesAreGivenThanWereTaken() {
        assertThatThrownBy(() -> lane.places().give()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aPlaceThatBecomesFreeIsTheOthersFirst() {
        HostLane second = lanes.of(2, HOST);
        HostLane third = lanes.of(3, HOST);
        assertThat(lane.places().after(lane)).containsExactly(second, third, lane);
        assertThat(lane.places().after(second)).containsExactly(third, lane, second);
    }

    @Test
    void whatWaitsLeavesInItsOrderAndOnlyWithAPlace() {
        HandedDelivery first = handed(lane, NOW);
        HandedDelivery second = handed(lane, NOW.plusMillis(1));
        assertThat(lane.next(NOW)).isNull();
        assertThat(lane.underWay()).as("by who waits for nothing").isZero();
        assertThat(lane.await(first, NOW)).isTrue();
        assertThat(lane.await(second, NOW)).isTrue();
        assertThat(lane.next(NOW)).isSameAs(first);
        while (lane.enter(NOW)) {
            assertThat(lane.underWay()).isLessThanOrEqualTo(Breaker.MAX_AT_ONCE);
        }
        assertThat(lane.next(NOW)).isNull();
        assertThat(lane.waiting()).isOne();
        lane.settled(false, NOW, NOW);
        assertThat(lane.next(NOW)).isSameAs(second);
    }

    @Test
    void whatWaitedTooLongGoesBackAndNothingElse() {
        HandedDelivery old = handed(lane, NOW);
        HandedDelivery fresh = handed(lane, NOW.plusSeconds(1));
        assertThat(lane.await(old, NOW)).isTrue();
        assertThat(lane.await(fresh, NOW)).isTrue();
        assertThat(lane.stale(NOW)).isEmpty();
        assertThat(lane.stale(NOW.plusSeconds(1))).containsExactly(old);
        assertThat(lane.surrender()).containsExactly(fresh);
        assertThat(lane.waiting()).isZero();
    }

    @Test
    void aQuickHostHasManyWaitAndASlowOneAsManyAsItTakesSoon() {
        assertThat(kept(NOW, 2 * HostLane.MAX_WAITING)).isEqualTo(HostLane.MAX_WAITING);
        lane.surrender();

        Duration slow = Duration.ofSeconds(5);
        assertThat(lane.enter(NOW)).isTrue();
        Instant later = NOW.plus(slow);
        assertThat(lane.isSlow(NOW.plus(HostLane.LONG))).isFalse();
        assertThat(lane.isSlow(later)).as("before the call ends").isTrue();
        assertThat(kept(later, 100)).isEqualTo(HostLane.MIN_WAITING);
        lane.settled(false, NOW, later);
        assertThat(lane.isSlow(later)).as("by one call").isFalse();
    }

    @Test
    void aHostIsSlowUntilItWasQuickForAWhile() {
        Duration slow = Duration.ofSeconds(10);
        assertThat(lane.enter(NOW)).isTrue();
        lane.settled(false, NOW, NOW.plus(slow));
        Instant later = NOW.plus(slow);
        assertThat(lane.isSlow(later)).isTrue();
        assertThat(kept(later, 100)).as("a second for each of four").isBetween(15, 16);
        assertThat(lane.away(1, later)).isBetween(Duration.ofMillis(999), Duration.ofSeconds(1));
        lane.surrender();
        assertThat(lane.enter(later)).isTrue();
        lane.settled(false, later, later.plus(QUICK));
        assertThat(lane.isSlow(later)).isFalse();
    }

    @Test
    void nothingWaitsInMemoryForAHostThatIsDown() {
        HandedDelivery one = handed(lane, NOW);
        assertThat(lane.await(one, NOW)).isTrue();
        assertThat(lane.stranded()).isEmpty();
        isDown();
        assertThat(lane.stranded()).containsExactly(one);
        assertThat(lane.await(one, NOW)).isFalse();
        assertThat(lane.isIdle()).as("what is known of it").isFalse();
    }

    @Test
    void whatAHostThatIsDownWasToGetIsDueWhenItIsProbed() {
        isDown();
        assertThat(lane.away(1, NOW)).isEqualTo(Breaker.FIRST_PAUSE);
        Instant probed = NOW.plus(Breaker.FIRST_PAUSE);
        HostLane other = lanes.of(2, HOST);
        assertThat(other.away(1, NOW)).as("another client's").isEqualTo(HostLane.MIN_AWAY);
        assertThat(lane.enter(probed)).as("the probe").isTrue();
        assertThat(lane.away(1, probed)).isEqualTo(Breaker.FIRST_PAUSE);
    }

    @Test
    void eachBatchThatGoesBackIsDueAfterTheOneBeforeIt() {
        Duration first = lane.away(100, NOW);
        Duration second = lane.away(100, NOW);
        Duration third = lane.away(100, NOW);
        assertThat(first).isEqualTo(HostLane.MIN_AWAY);
        assertThat(second).isEqualTo(Duration.ofMillis(500));
        assertThat(third).isEqualTo(HostLane.FIRST_SPREAD);
        assertThat(lane.away(100, NOW)).isEqualTo(HostLane.FIRST_SPREAD);
    }

    @Test
    void aBacklogThatComesBackIsSpreadFartherEachTimeUntilItIsThrough() {
        int many = 100_000_000;
        Instant now = NOW;
        Duration spread = HostLane.FIRST_SPREAD;
        lane.away(many, now);
        for (int i = 0; i < 12; i++) {
            assertThat(lane.away(many, now)).isEqualTo(spread);
            now = now.plus(spread);
            lane.away(many, now);
            Duration doubled = spread.multipliedBy(2);
            spread = doubled.compareTo(HostLane.MAX_SPREAD) > 0 ? HostLane.MAX_SPREAD : doubled;
        }
        assertThat(spread).isEqualTo(HostLane.MAX_SPREAD);

        assertThat(lane.enter(now)).isTrue();
        lane.settled(false, now, now.plus(QUICK));
        Instant after = now.plus(HostLane.MAX_SPREAD).plus(HostLane.MAX_SPREAD);
        lane.away(many, after);
        assertThat(lane.away(many, after)).isEqualTo(HostLane.FIRST_SPREAD);
    }

    @Test
    void whatIsKnownOfAHostIsForgottenWhenNothingIsInHand() {
        assertThat(lane.enter(NOW)).isTrue();
        lanes.forgetIfIdle(lane);
        assertThat(lanes.of(1, HOST)).as("a call is under way").isSameAs(lane);
        HostLane other = lanes.of(2, HOST);
        assertThat(other.places()).isSameAs(lane.places());

        lane.settled(false, NOW, NOW);
        lanes.forgetIfIdle(lane);
        assertThat(lanes.all()).containsExactly(other);
        assertThat(other.places().after(other)).containsExactly(other);
        assertThat(lanes.of(1, HOST).places()).isSameAs(other.places());

        lanes.forgetIfIdle(lanes.of(1, HOST));
        lanes.forgetIfIdle(other);
        assertThat(lanes.of(1, HOST).places()).as("of nobody").isNotSameAs(other.places());
    }

    @Test
    void theEldestOfTooManyIsForgottenButNoneThatHasSomethingInHand() {
        assertThat(lane.await(handed(lane, NOW), NOW)).isTrue();
        HostLane eldest = lanes.of(2, HOST);
        for (int client = 3; client <= HostLanes.MAX_LANES + 1; client++) {
            lanes.of(client, HOST);
        }
        assertThat(lanes.all()).hasSize(HostLanes.MAX_LANES).contains(lane).doesNotContain(eldest);
        assertThat(lanes.of(1, HOST)).isSameAs(lane);
        assertThat(lane.places().after(lane)).doesNotContain(eldest);
        assertThat(List.copyOf(lanes.all())).hasSize(HostLanes.MAX_LANES);
    }
}
