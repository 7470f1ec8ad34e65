package dev.holdfast.bench.kit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import picocli.CommandLine;

/** A command of {@code bench} in a small form; its gateways are served from this class path. */
public final class ShortForm implements BeforeEachCallback, AfterEachCallback {
    @Override
    public void beforeEach(ExtensionContext context) {
        System.setProperty(
                GatewayProcess.ARGUMENTS,
                String.join(
                        "\n",
                        "-Xmx256m",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.holdfast.app.Main"));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        System.clearProperty(GatewayProcess.ARGUMENTS);
    }

    /** Fails with what was missed, so that a log of failed tests alone shows it. */
    public void holds(Benchmark command, String... arguments) throws IOException {
        Path figures = Files.createTempFile("holdfast-bench", ".json");
        try {
            int status = new CommandLine(command).execute(with(arguments, "--json=" + figures));
            assertThat(
                            new JsonObject(Files.readString(figures))
                                    .getJsonArray("checks").stream()
                                            .map(JsonObject.class::cast)
                                            .filter(check -> !check.getBoolean("holds")))
                    .isEmpty();
            assertThat(status).isZero();
        } finally {
            Files.delete(figures);
        }
    }

    private static String[] with(String[] arguments, String last) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = last;
        return all;
    }
}
