package dev.holdfast.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.TestClients;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class AuthenticatorTest {
    private final TestClients clients = new TestClients();

    @Test
    void theKeyIsTakenAsItIsOrAsABearerToken() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        clients.put("ops", TestClients.hash("hf_key2"), true, 9);
        Authenticator authenticator = refreshed(false);

        assertThat(authenticator.caller("hf_key1").client()).isEqualTo(1);
        assertThat(authenticator.caller("bearer  hf_key1").maxPending()).isEqualTo(5);
        assertThat(authenticator.caller("Bearer hf_key2").admin()).isTrue();
    }

    @Test
    void theKeyIsTakenInEveryFormThatVendorsClientsSend() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        Authenticator authenticator = refreshed(false);
        Peer peer = new Peer(null);

        assertThat(authenticator.caller("token hf_key1")).isNotNull();
        assertThat(authenticator.caller(basic("hf_key1:"))).isNotNull();
        assertThat(authenticator.caller(basic("anybody:hf_key1"))).isNotNull();
        assertThat(authenticator.caller(null, "hf_key1", peer)).isNotNull();
        assertThat(authenticator.caller("Bearer of-somebody-else", "hf_key1", peer)).isNotNull();
        for (String right : List.of("token hf_key1", basic("hf_key1:"), basic("x:hf_key1"))) {
            assertThat(authenticator.isKey(right)).as(right).isTrue();
        }
    }

    @Test
    void neitherHeaderProvesAnythingWithoutTheKey() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        Authenticator authenticator = refreshed(false);
        Peer peer = new Peer(null);

        assertThat(authenticator.caller(null, null, peer)).isNull();
        assertThat(authenticator.caller("hf_key2", "hf_key3", peer)).isNull();
        for (String wrong : List.of("hf_key1", "x:y", "hf_key1x:", ":", "x:hf_key1 ", "")) {
            assertThat(authenticator.caller(basic(wrong))).as(wrong).isNull();
        }
        assertThat(authenticator.caller("Basic %%%")).isNull();
    }

    private static String basic(String pair) {
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void anyOtherKeyProvesNothing() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        Authenticator authenticator = refreshed(true);

        assertThat(authenticator.caller(null)).isNull();
        assertThat(authenticator.caller("")).isNull();
        assertThat(authenticator.caller("hf_key2")).isNull();
        assertThat(authenticator.caller("Bearer ")).isNull();
        assertThat(authenticator.caller("Basic hf_key1")).isNull();
        assertThat(authenticator.caller("x".repeat(10_000))).isNull();
    }

    @Test
    void itIsOpenOnlyWhileNoClientHasAKeyAndOnlyWhereAllowed() {
        clients.put("open", null, true, 5);
        assertThat(refreshed(true).caller(null).client()).isEqualTo(1);
        assertThat(refreshed(false).caller(null)).isNull();

        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        assertThat(refreshed(true).caller(null)).isNull();
        assertThat(refreshed(true).caller("hf_key1")).isNotNull();
    }

    @Test
    void anOpenOneStaysClosedOnceSomebodyHadAKey() {
        clients.put("open", null, true, 5);
        Authenticator authenticator = refreshed(true);
        assertThat(authenticator.isOpen()).isTrue();

        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        authenticator.refresh();
        assertThat(authenticator.isOpen()).isFalse();

        clients.revoke("shop");
        authenticator.refresh();
        assertThat(authenticator.isOpen()).isFalse();
        assertThat(authenticator.caller(null)).isNull();
        assertThat(authenticator.caller("hf_key1")).isNull();
    }

    @Test
    void eachKeyOfAClientLetsItIn() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        clients.addKey("shop", TestClients.hash("hf_key2"), null);
        Authenticator authenticator = refreshed(false);
        assertThat(authenticator.caller("hf_key1").client()).isEqualTo(1);
        assertThat(authenticator.caller("hf_key2").client()).isEqualTo(1);

        clients.endKey(TestClients.hash("hf_key1"));
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNull();
        assertThat(authenticator.caller("hf_key2")).isNotNull();
    }

    @Test
    void aKeyWorksAfterTheNextLookAndARevokedOneNoMore() {
        Authenticator authenticator = refreshed(false);
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        assertThat(authenticator.caller("hf_key1")).isNull();

        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNotNull();

        clients.revoke("shop");
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNull();
    }

    /** Also of a connection that proved it before, and while the store cannot be read. */
    @Test
    void aKeyEndsAtItsEndThoughNobodyLooks() {
        AtomicReference<Instant> wall = new AtomicReference<>(Instant.EPOCH);
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        Instant end = Instant.EPOCH.plus(Duration.ofDays(90));
        clients.addKey("shop", TestClients.hash("hf_key2"), end);
        Authenticator authenticator = new Authenticator(clients, false, wall::get);
        authenticator.refresh();
        Peer peer = new Peer(null);

        wall.set(end.minusMillis(1));
        assertThat(authenticator.caller("hf_key2", peer)).isNotNull();
        assertThat(authenticator.isKey("hf_key2")).isTrue();
        wall.set(end);
        assertThat(authenticator.caller("hf_key2", peer)).isNull();
        assertThat(authenticator.caller("hf_key2")).isNull();
        assertThat(authenticator.caller("hf_key1")).isNotNull();
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key2")).isNull();
        assertThat(authenticator.caller("hf_key1", peer)).isNotNull();
    }

    /** A hundred thousand clients take the store and the process half a second. */
    @Test
    void theClientsAreReadAnewOnlyAfterAChange() {
        clients.put("shop", TestClients.hash("hf_key1"), false, 5);
        Authenticator authenticator = refreshed(false);
        assertThat(clients.lists()).isEqualTo(1);
        authenticator.refresh();
        assertThat(clients.lists()).isEqualTo(1);

        clients.addKey("shop", TestClients.hash("hf_key2"), null);
        authenticator.refresh();
        authenticator.refresh();
        assertThat(clients.lists()).isEqualTo(2);
    }

    @Test
    void aKeyThatEndedByAWrongClockIsBackOnceTheClockIsRight() {
        AtomicReference<Instant> wall = new AtomicReference<>(Instant.EPOCH);
        Instant end = Instant.EPOCH.plus(Duration.ofDays(90));
        clients.put("shop", null, false, 5);
        clients.addKey("shop", TestClients.hash("hf_key1"), end);
        Authenticator authenticator = new Authenticator(clients, false, wall::get);
        authenticator.refresh();
        wall.set(end);
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNull();

        wall.set(end.minusSeconds(1));
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNotNull();
    }

    /** Whoever calls ends it, too, and the clock may be right again before anybody refreshes. */
    @Test
    void soIsOneThatEndedBetweenTwoLooks() {
        AtomicReference<Instant> wall = new AtomicReference<>(Instant.EPOCH);
        Instant end = Instant.EPOCH.plus(Duration.ofDays(90));
        clients.put("shop", null, false, 5);
        clients.addKey("shop", TestClients.hash("hf_key1"), end);
        Authenticator authenticator = new Authenticator(clients, false, wall::get);
        authenticator.refresh();
        wall.set(end);
        assertThat(authenticator.caller("hf_key1")).isNull();

        wall.set(Instant.EPOCH.plusSeconds(1));
        authenticator.refresh();
        assertThat(authenticator.caller("hf_key1")).isNotNull();
        int lists = clients.lists();
        authenticator.refresh();
        assertThat(clients.lists()).as("read anew once").isEqualTo(lists);
    }

    private Authenticator refreshed(boolean openAllowed) {
        Authenticator authenticator = new Authenticator(clients, openAllowed);
        authenticator.refresh();
        return authenticator;
    }
}
