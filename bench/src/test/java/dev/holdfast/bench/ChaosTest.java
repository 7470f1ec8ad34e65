package dev.holdfast.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.bench.chaos.ChaosBench;
import dev.holdfast.bench.kit.GatewayProcess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** A short form of {@code holdfast bench chaos}, which fails as well if no fault fired. */
@Timeout(180)
class ChaosTest {
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
    void noPartitionIsOverInCallsOrTokensWhileTheGatewayIsKilled() {
        int status =
                new CommandLine(new ChaosBench())
                        .execute("--partitions=8", "--seconds=14", "--kill-every=3");
        assertThat(status).isZero();
    }

    @Test
    void promisesHoldWhileReplicasAreKilledAndConnectionsAreCut() {
        int status =
                new CommandLine(new ChaosBench())
                        .execute(
                                "--requests=110",
                                "--replicas=2",
                                "--kill-every=3",
                                "--restart-after=0",
                                "--patience=4");
        assertThat(status).isZero();
    }
}
