package dev.holdfast.bench.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.kit.GatewayProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/**
 * A short form of {@code holdfast bench hostile}, with each limit of the configuration at its
 * highest: all that is limited is filled at once, from outside and by clients, in a process of 256
 * MB. It lives, others get answers, and its memory comes back; how fast does not decide.
 */
@Timeout(300)
class HostileTest {
    @BeforeEach
    void serveFromThisClassPath() {
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

    @AfterEach
    void forget() {
        System.clearProperty(GatewayProcess.ARGUMENTS);
    }

    @Test
    void othersGoOnWhileClientsHoldAllTheyCan() {
        int status =
                new CommandLine(new HostileBench())
                        .execute(
                                "--seconds=5",
                                "--part=0.2",
                                "--any-speed",
                                "--together",
                                "--highest");
        assertThat(status).isZero();
    }
}
