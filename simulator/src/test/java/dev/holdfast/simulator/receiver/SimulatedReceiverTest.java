package dev.holdfast.simulator.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.simulator.Probe;
import dev.holdfast.simulator.door.Fault;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SimulatedReceiverTest {
    private static final byte[] SECRET =
            "thirty-two bytes of test secret!".getBytes(StandardCharsets.US_ASCII);
    private static final String WHSEC = "whsec_" + Base64.getEncoder().encodeToString(SECRET);
    private static final String BODY = "{\"type\":\"request.succeeded\",\"data\":{\"id\":\"r1\"}}";

    private final String now = String.valueOf(Instant.now().getEpochSecond());

    @RegisterExtension final Probe probe = new Probe();

    private SimulatedReceiver start(Fault fault) {
        var verifier = new WebhookVerifier(List.of(WHSEC), List.of(), Duration.ofMinutes(5));
        var options = SimulatedReceiver.Options.of(verifier).fault(fault);
        return new SimulatedReceiver(probe.vertx(), options).start();
    }

    private Probe.Reply post(SimulatedReceiver receiver, String id, String signature) {
        var headers =
                Map.of("webhook-id", id, "webhook-timestamp", now, "webhook-signature", signature);
        return probe.post(receiver.port(), "/hook?shop=1", headers, BODY);
    }

    @Test
    void aGenuineWebhookIsAcceptedAndCounted() {
        var receiver = start(Fault.NONE);
        assertThat(post(receiver, "w1", "v1,AAAA " + v1("w1", now, BODY)).status()).isEqualTo(204);
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).status()).isEqualTo(204);
        var stats = probe.get(receiver.port(), "/_stats?each=true").json();
        assertThat(stats.getInteger("webhooks")).isEqualTo(1);
        assertThat(stats.getInteger("accepted_twice")).isEqualTo(1);
        var one = stats.getJsonObject("each").getJsonObject("w1");
        assertThat(one.getString("request")).isEqualTo("r1");
        assertThat(one.getInteger("accepted")).isEqualTo(2);
    }

    @Test
    void aForgedWebhookIsRefused() {
        var receiver = start(Fault.NONE);
        assertThat(post(receiver, "w1", v1("w2", now, BODY)).status()).isEqualTo(401);
        assertThat(post(receiver, "w1", "v1,!!!").status()).isEqualTo(401);
        assertThat(probe.post(receiver.port(), "/", Map.of(), BODY).status()).isEqualTo(401);
        assertThat(probe.get(receiver.port(), "/hook").status()).isEqualTo(401);
        assertThat(receiver.stats(false).getInteger("not_genuine")).isEqualTo(4);
        assertThat(receiver.stats(false).getInteger("webhooks")).isZero();
    }

    @Test
    void anOldTimestampIsRefused() {
        var verifier = new WebhookVerifier(List.of(WHSEC), List.of(), Duration.ofMinutes(5));
        var old = String.valueOf(Instant.now().minusSeconds(301).getEpochSecond());
        var bytes = BODY.getBytes(StandardCharsets.UTF_8);
        assertThat(verifier.mistake("w", old, v1("w", old, BODY), bytes, Instant.now()))
                .isPresent();
    }

    @Test
    void ed25519IsVerifiedBesideTheSecret() throws GeneralSecurityException {
        var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        var verifier =
                new WebhookVerifier(List.of(WHSEC), List.of(whpk(pair)), Duration.ofMinutes(5));
        var bytes = BODY.getBytes(StandardCharsets.UTF_8);
        var both = v1("w", now, BODY) + " " + v1a(pair, "w", now, BODY);
        assertThat(verifier.mistake("w", now, both, bytes, Instant.now())).isEmpty();
        assertThat(verifier.mistake("w", now, v1("w", now, BODY), bytes, Instant.now()))
                .hasValueSatisfying(mistake -> assertThat(mistake).contains("v1a"));
    }

    @Test
    void theFirstTriesOfEachWebhookFail() {
        var receiver = start(Fault.status(500).first(2));
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).status()).isEqualTo(500);
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).status()).isEqualTo(500);
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).status()).isEqualTo(204);
        assertThat(post(receiver, "w2", v1("w2", now, BODY)).status()).isEqualTo(500);
        assertThat(receiver.stats(false).getInteger("accepted")).isEqualTo(1);
    }

    @Test
    void itGoesAwayRedirectsAndAsksForPatience() {
        var receiver = start(Fault.of(Fault.Mode.REDIRECT));
        var redirect = post(receiver, "w1", v1("w1", now, BODY));
        assertThat(redirect.status()).isEqualTo(302);
        assertThat(redirect.headers()).containsKey("Location");
        probe.control(receiver.port(), new JsonObject().put("mode", "status").put("status", 410));
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).status()).isEqualTo(410);
        receiver.fault(Fault.status(429).retryAfter(3));
        assertThat(post(receiver, "w1", v1("w1", now, BODY)).headers())
                .containsEntry("Retry-After", "3");
    }

    private static String v1(String id, String timestamp, String body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(SECRET, "HmacSHA256"));
            var signed =
                    mac.doFinal(
                            (id + "." + timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(signed);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String v1a(KeyPair pair, String id, String timestamp, String body)
            throws GeneralSecurityException {
        var signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update((id + "." + timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
        return "v1a," + Base64.getEncoder().encodeToString(signer.sign());
    }

    private static String whpk(KeyPair pair) {
        var encoded = pair.getPublic().getEncoded();
        var raw = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
        return "whpk_" + Base64.getEncoder().encodeToString(raw);
    }
}
