package dev.holdfast.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The npm package {@code standardwebhooks} verifies what we sign; {@code ./test} installs Node. */
@Timeout(240)
class NodeConformanceTest {
    private static final Path SOURCE = Path.of("src", "test", "js");
    private static final Path FOLDER = Path.of("target", "js");
    private static final int MAX_SECONDS = 180;

    @BeforeAll
    static void installPackage() throws Exception {
        Files.createDirectories(FOLDER);
        for (String file : List.of("package.json", "package-lock.json", "verify.mjs")) {
            Files.write(FOLDER.resolve(file), Files.readAllBytes(SOURCE.resolve(file)));
        }
        Path installed = FOLDER.resolve("node_modules/standardwebhooks/package.json");
        if (!Files.exists(installed)) {
            run("", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        }
    }

    @Test
    void thePublishedPackageVerifiesWhatIsSigned() throws Exception {
        SecureRandom random = new SecureRandom();
        SigningKey.Hmac current = SigningKey.Hmac.create(random);
        SigningKey.Hmac old = SigningKey.Hmac.create(random);
        SigningKey.Ed25519 pair = SigningKey.Ed25519.create(random);
        String body = "{\"type\":\"request.succeeded\",\"text\":\"é 漢 😀\"}";
        Map<String, Object> delivery =
                Map.of(
                        "secrets", List.of(current.secretText(), old.secretText()),
                        "publicKey", pair.publicText(),
                        "body", body,
                        "headers",
                                Signer.headers(
                                        "msg_1",
                                        Instant.now(),
                                        body.getBytes(StandardCharsets.UTF_8),
                                        List.of(current, old, pair)));

        String said = run(new ObjectMapper().writeValueAsString(delivery), "node", "verify.mjs");

        assertThat(said).contains("verified");
    }

    private static String run(String input, String... command) throws Exception {
        Path log = Files.createTempFile(FOLDER, "run", ".txt");
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .directory(FOLDER.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
        } catch (IOException e) {
            throw new AssertionError(
                    command[0] + " is missing: run ./test, which installs it (nodejs and npm)", e);
        }
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        boolean ended = process.waitFor(MAX_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        String said = Files.readString(log);
        assertThat(ended && process.exitValue() == 0)
                .as(String.join(" ", command) + ": " + said)
                .isTrue();
        return said;
    }
}
