package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SignerTest {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final byte[] BODY =
            "{\"type\":\"request.succeeded\",\"text\":\"é 漢 \\u2028\"}"
                    .getBytes(StandardCharsets.UTF_8);

    @Test
    void theSpecificationsExampleComesOutAsPublished() {
        SigningKey key = SigningKey.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

        assertThat(
                        Signer.headers(
                                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                Instant.ofEpochSecond(1614265330),
                                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8),
                                List.of(key)))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(
                                "webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                                "webhook-timestamp", "1614265330",
                                "webhook-signature",
                                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    @Test
    void thePublishedJavaLibraryVerifiesWhatIsSigned() {
        SigningKey.Hmac current = SigningKey.Hmac.create(RANDOM);
        SigningKey.Hmac old = SigningKey.Hmac.create(RANDOM);
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(RANDOM);
        Map<String, String> headers =
                Signer.headers("msg_1", Instant.now(), BODY, List.of(current, old, pair));

        for (SigningKey.Hmac secret : List.of(current, old)) {
            assertThatCode(() -> verify(secret, headers, BODY)).doesNotThrowAnyException();
        }
        assertThatThrownBy(() -> verify(SigningKey.Hmac.create(RANDOM), headers, BODY))
                .isInstanceOf(WebhookVerificationException.class);
        assertThatThrownBy(() -> verify(current, headers, "{}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(WebhookVerificationException.class);
    }

    @Test
    void thePublicKeyVerifiesWhatThePrivateKeySigned() throws Exception {
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(RANDOM);
        Map<String, String> headers =
                Signer.headers(
                        "msg_1",
                        Instant.ofEpochSecond(1_700_000_000),
                        BODY,
                        List.of(SigningKey.Hmac.create(RANDOM), pair));

        String[] signatures = headers.get(Signer.SIGNATURE).split(" ", -1);
        assertThat(signatures).hasSize(2);
        assertThat(signatures[0]).startsWith("v1,");
        assertThat(signatures[1]).startsWith("v1a,");
        Signature check = Signature.getInstance("Ed25519");
        check.initVerify(SigningKey.Ed25519.publicKey(pair.publicText()));
        check.update("msg_1.1700000000.".getBytes(StandardCharsets.UTF_8));
        check.update(BODY);
        assertThat(check.verify(Base64.getDecoder().decode(signatures[1].substring(4)))).isTrue();
    }

    @Test
    void keysAreReadBackAsWritten() {
        SigningKey.Hmac secret = SigningKey.Hmac.create(RANDOM);
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(RANDOM);

        assertThat(secret.secretText()).startsWith("whsec_");
        assertThat(pair.privateText()).startsWith("whsk_");
        assertThat(pair.publicText()).startsWith("whpk_");
        assertThat(((SigningKey.Hmac) SigningKey.parse(secret.secretText())).secretText())
                .isEqualTo(secret.secretText());
        assertThat(((SigningKey.Ed25519) SigningKey.parse(pair.privateText())).publicText())
                .isEqualTo(pair.publicText());
    }

    @Test
    void secretsNeverShow() {
        SigningKey.Hmac secret = SigningKey.Hmac.create(RANDOM);
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(RANDOM);

        assertThat(secret).hasToString("whsec_***");
        assertThat(pair).hasToString(pair.publicText());
        assertThat(pair.publicText()).doesNotContain(pair.privateText().substring(5, 20));
    }

    @Test
    void whatIsNoKeyIsRefused() {
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(RANDOM);
        byte[] mixed = Base64.getDecoder().decode(pair.privateText().substring(5));
        mixed[0] ^= 1;
        for (String text :
                List.of(
                        "",
                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                        "whsec_!",
                        "whsec_c2hvcnQ=",
                        "whsk_c2hvcnQ=",
                        "whsk_" + Base64.getEncoder().encodeToString(mixed),
                        pair.publicText())) {
            assertThatThrownBy(() -> SigningKey.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> SigningKey.Ed25519.publicKey("whpk_c2hvcnQ="))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void eachNewKeyIsAnother() {
        assertThat(SigningKey.Ed25519.create(RANDOM).privateText())
                .isNotEqualTo(SigningKey.Ed25519.create(RANDOM).privateText());
        assertThat(SigningKey.Hmac.create(RANDOM).secretText())
                .isNotEqualTo(SigningKey.Hmac.create(RANDOM).secretText());
    }

    @Test
    void aSecretHas24To64Bytes() {
        for (int bytes : new int[] {24, 64}) {
            String text = secret(bytes);
            assertThat(((SigningKey.Hmac) SigningKey.parse(text)).secretText()).isEqualTo(text);
        }
        for (int bytes : new int[] {23, 65}) {
            String text = secret(bytes);
            assertThatThrownBy(() -> SigningKey.parse(text))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static String secret(int bytes) {
        return "whsec_" + Base64.getEncoder().encodeToString(new byte[bytes]);
    }

    @Test
    void anIdThatCouldBeReadAsAnotherIsRefused() {
        List<SigningKey> keys = List.of(SigningKey.Hmac.create(RANDOM));
        for (String id : List.of("", "a.b", "a b", "a\r\nb", "é", "x".repeat(129))) {
            assertThatThrownBy(() -> Signer.headers(id, Instant.EPOCH, BODY, keys))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void oneKeySignsForManyThreadsAtOnce() {
        SigningKey.Hmac secret = SigningKey.Hmac.create(RANDOM);
        Map<Integer, String> alone =
                IntStream.range(0, 2_000)
                        .boxed()
                        .collect(Collectors.toMap(i -> i, i -> signed(secret, i)));

        Map<Integer, String> together =
                IntStream.range(0, 2_000)
                        .parallel()
                        .boxed()
                        .collect(Collectors.toMap(i -> i, i -> signed(secret, i)));

        assertThat(together).isEqualTo(alone);
    }

    private static String signed(SigningKey key, int number) {
        return key.sign((number + ".0.").getBytes(StandardCharsets.UTF_8), BODY);
    }

    private static void verify(SigningKey.Hmac secret, Map<String, String> headers, byte[] body)
            throws Exception {
        Map<String, List<String>> multi =
                headers.entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> List.of(e.getValue())));
        new Webhook(secret.secretText())
                .verify(
                        new String(body, StandardCharsets.UTF_8),
                        HttpHeaders.of(multi, (name, value) -> true));
    }
}
