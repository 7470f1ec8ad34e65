package dev.holdfast.engine.credential;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.quota.Missing;
import dev.holdfast.quota.Occupancy;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.Pool;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Steps;
import dev.holdfast.quota.Verdict;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Costs;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What several credentials allow together, as they stand. */
final class PoolsTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Instant NOW = Instant.EPOCH.plus(Duration.ofDays(1));
    private static final Instant LATER = NOW.plusSeconds(30);

    @Test
    void ofCallsThatAllLeaveWithTheSameNothingIsAsked() {
        assertThat(Credentials.NONE.pools(UpstreamState.UNKNOWN)).isSameAs(Pools.NONE);
        assertThat(Credentials.NONE.isTooDear(tokens(1_000))).isFalse();
        assertThat(Credentials.NONE.units()).isEmpty();
    }

    @Test
    void theSlotsOfAllAreFree() {
        Credentials both = all(calls("a", 3), calls("b", 2));
        assertThat(verdict(both, state())).isEqualTo(new Verdict.Granted(5));
        UpstreamState state = state(known("a", inFlight(2), null, null));
        assertThat(verdict(both, state)).isEqualTo(new Verdict.Granted(3));
    }

    @Test
    void oneThatDrainsAddsNothing() {
        Credentials both = all(draining(calls("a", 3)), calls("b", 2));
        assertThat(verdict(both, state())).isEqualTo(new Verdict.Granted(2));
    }

    @Test
    void oneThatIsLeftAloneAddsNothingUntilItsTime() {
        Credentials both = all(calls("a", 3), calls("b", 2));
        UpstreamState state = state(known("a", Occupancy.EMPTY, LATER, null));
        assertThat(verdict(both, state)).isEqualTo(new Verdict.Granted(2));
        assertThat(both.pools(state).calls().verdict(LATER, false))
                .isEqualTo(new Verdict.Granted(5));
    }

    @Test
    void oneThatIsOutAddsNothingAndWhereAllAreOneCallFindsOut() {
        Credentials both = all(calls("a", 3), calls("b", 2));
        UpstreamState one = state(known("a", Occupancy.EMPTY, null, NOW));
        assertThat(verdict(both, one)).isEqualTo(new Verdict.Granted(2));
        UpstreamState all =
                state(known("a", Occupancy.EMPTY, null, NOW), known("b", inFlight(2), LATER, NOW));
        assertThat(verdict(both, all)).isEqualTo(new Verdict.Granted(1));
    }

    @Test
    void aUnitIsCommonToThemOnlyWhereEachCountsIt() {
        Credentials both = all(tokens(calls("a", 9), 30), tokens(calls("b", 9), 20));
        UpstreamState taken =
                state(
                        new UpstreamState.Credential(
                                "b",
                                Occupancy.EMPTY,
                                Map.of("tokens", inFlight(20)),
                                false,
                                null,
                                null));
        Map<String, Pool> units = both.pools(taken).units();
        assertThat(units).containsOnlyKeys("tokens");
        assertThat(units.get("tokens").verdict(NOW, true)).isEqualTo(new Verdict.Granted(30));
        Credentials one = all(tokens(calls("a", 9), 30), calls("b", 9));
        assertThat(one.units()).containsExactly("tokens");
        assertThat(one.pools(state()).units()).isEmpty();
    }

    @Test
    void aCallIsTooDearWhereNoneThatTakesCallsWillEverHaveSoMuch() {
        ClaimAsk.Credential small = tokens(calls("a", 9), 20);
        ClaimAsk.Credential large = tokens(calls("b", 9), 30);
        assertThat(all(small, large).isTooDear(tokens(30))).isFalse();
        assertThat(all(small, large).isTooDear(tokens(31))).isTrue();
        assertThat(all(small, draining(large)).isTooDear(tokens(30))).isTrue();
        assertThat(all(small, draining(large)).isTooDear(tokens(20))).isFalse();
        assertThat(all(small, calls("b", 9)).isTooDear(tokens(31)))
                .as("it does not count them")
                .isFalse();
    }

    @Test
    void theShortestWindowIsThatOfTheCredentialOfThatName() {
        Quota two =
                new Quota(
                        List.of(
                                new Window(100, Duration.ofHours(1)),
                                new Window(5, Duration.ofSeconds(10))));
        Credentials both = all(credential("a", two, new TreeMap<>(), false), calls("b", 1));
        assertThat(both.shortestWindow("a")).contains(Duration.ofSeconds(10));
        assertThat(both.shortestWindow("b")).contains(MINUTE);
        assertThat(both.shortestWindow("c")).isEmpty();
        assertThat(both.shortestWindow(null)).isEmpty();
    }

    @Test
    void theFirstOfThoseThatAreOutIsTriedAgainAtItsTime() {
        Credentials both = all(calls("a", 3), calls("b", 2));
        assertThat(both.nextProbe(state(known("a", Occupancy.EMPTY, LATER, null))))
                .as("after a 429 nothing is to be found out")
                .isNull();
        assertThat(
                        both.nextProbe(
                                state(
                                        known("a", Occupancy.EMPTY, LATER.plusSeconds(1), NOW),
                                        known("b", Occupancy.EMPTY, LATER, NOW))))
                .isEqualTo(LATER);
        assertThat(both.nextProbe(state(known("a", Occupancy.EMPTY, null, NOW))))
                .as("at once")
                .isEqualTo(Instant.MIN);
        assertThat(
                        both.nextProbe(
                                state(
                                        new UpstreamState.Credential(
                                                "a", Occupancy.EMPTY, Map.of(), true, LATER, NOW))))
                .as("it takes nothing new")
                .isNull();
    }

    @Test
    void whoLeavesAloneIsBoundByNoneOfThem() {
        Pools pools = all(calls("a", 3)).pools(state());
        assertThat(pools.with(headers("authorization"))).isSameAs(Pools.NONE);
        assertThat(pools.with(headers("x-team"))).isSameAs(pools);
        assertThat(pools.with(OwnHeaders.NONE)).isSameAs(pools);
    }

    @Test
    void anOperatorSeesOfEachWhatIsTakenAndWhatIsFree() {
        Credentials both = all(tokens(calls("a", 3), 30), calls("b", 1));
        UpstreamState state =
                state(
                        new UpstreamState.Credential(
                                "a",
                                new Occupancy(1, used(NOW, 1)),
                                Map.of("tokens", new Occupancy(0, used(NOW, 12))),
                                false,
                                null,
                                null),
                        known("b", new Occupancy(0, used(NOW, 1)), null, null));
        List<CredentialView> views = both.views(state, NOW);
        assertThat(views).extracting(CredentialView::name).containsExactly("a", "b");
        CredentialView a = views.getFirst();
        assertThat(a.taken()).containsExactly(2L);
        assertThat(a.units().get("tokens").taken()).containsExactly(12L);
        assertThat(a.inFlight()).isEqualTo(1);
        assertThat(a.freeSlots()).isEqualTo(1);
        assertThat(a.nextSlotIn()).isZero();
        assertThat(a.state()).isEqualTo("open");
        assertThat(a.isUsed()).isTrue();
        CredentialView b = views.getLast();
        assertThat(b.freeSlots()).isZero();
        assertThat(b.nextSlotIn()).isEqualTo(new Window(1, MINUTE).held());
    }

    @Test
    void anOperatorSeesWhyOneTakesNothing() {
        Credentials three = all(calls("a", 3), calls("b", 2), draining(calls("c", 1)));
        UpstreamState state =
                state(
                        known("a", Occupancy.EMPTY, LATER, null),
                        known("b", Occupancy.EMPTY, NOW, NOW.minusSeconds(7)));
        List<CredentialView> views = three.views(state, NOW);
        assertThat(views)
                .extracting(CredentialView::state)
                .containsExactly("closed", "out", "draining");
        assertThat(views).extracting(CredentialView::isUsed).containsExactly(true, false, false);
        assertThat(views.get(0).closedFor()).isEqualTo(Duration.ofSeconds(30));
        assertThat(views.get(0).nextSlotIn()).isEqualTo(Duration.ofSeconds(30));
        assertThat(views.get(1).closedFor()).as("its time has come").isNull();
        assertThat(views.get(1).outFor()).isEqualTo(Duration.ofSeconds(7));
        assertThat(views.get(2).nextSlotIn()).isNull();
        assertThat(views.get(2).freeSlots()).isZero();
    }

    @Test
    void anOperatorSeesWhenOneOfWhoseCallsNothingIsHeardIsTriedAgain() {
        Credentials one = all(calls("a", 1));
        Missing missing = new Missing(1, 0, NOW, used(NOW.minusSeconds(10), 1));
        UpstreamState.Credential lost =
                known("a", new Occupancy(0, Steps.NONE, missing), null, null);
        assertThat(one.views(state(lost), NOW).getFirst().nextSlotIn())
                .isEqualTo(new Window(1, MINUTE).held().minusSeconds(10));
        UpstreamState others =
                new UpstreamState(
                                inFlight(1),
                                Map.of(),
                                UpstreamState.UNKNOWN.firstTries(),
                                UpstreamState.UNKNOWN.retries(),
                                0,
                                null,
                                null,
                                null,
                                false)
                        .with(List.of(lost));
        assertThat(one.views(others, NOW).getFirst().nextSlotIn())
                .as("another one's call tells")
                .isNull();
    }

    private static Verdict verdict(Credentials credentials, UpstreamState state) {
        return credentials.pools(state).calls().verdict(NOW, false);
    }

    private static Credentials all(ClaimAsk.Credential... all) {
        return new Credentials(List.of(all));
    }

    private static ClaimAsk.Credential calls(String name, int limit) {
        return credential(name, minutely(limit), new TreeMap<>(), false);
    }

    private static ClaimAsk.Credential tokens(ClaimAsk.Credential one, int limit) {
        SortedMap<String, Quota> units = new TreeMap<>(Map.of("tokens", minutely(limit)));
        return credential(one.name(), one.quota(), units, false);
    }

    private static ClaimAsk.Credential draining(ClaimAsk.Credential one) {
        return credential(one.name(), one.quota(), one.units(), true);
    }

    private static ClaimAsk.Credential credential(
            String name, Quota quota, SortedMap<String, Quota> units, boolean draining) {
        return new ClaimAsk.Credential(name, "identity of " + name, quota, units, draining);
    }

    private static Quota minutely(int limit) {
        return new Quota(List.of(new Window(limit, MINUTE)));
    }

    private static Costs tokens(long cost) {
        return Costs.of(Map.of("tokens", cost));
    }

    private static Occupancy inFlight(int calls) {
        return new Occupancy(calls, Steps.NONE);
    }

    private static Steps used(Instant at, long total) {
        return Steps.of(Stream.of(new Steps.Step(at, total)));
    }

    private static UpstreamState.Credential known(
            String name, Occupancy slots, @Nullable Instant closed, @Nullable Instant out) {
        return new UpstreamState.Credential(name, slots, Map.of(), false, closed, out);
    }

    private static UpstreamState state(UpstreamState.Credential... all) {
        return UpstreamState.UNKNOWN.with(List.of(all));
    }

    private static OwnHeaders headers(String name) {
        SortedMap<String, String> all = new TreeMap<>(Collections.singletonMap(name, "own"));
        return new OwnHeaders(all);
    }
}
