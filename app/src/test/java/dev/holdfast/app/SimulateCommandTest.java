package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.simulator.FeedFault;
import dev.holdfast.simulator.FeedFault.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SimulateCommandTest {
    private record Ran(int status, String out, String err) {}

    private static Ran run(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status =
                CommandLines.root()
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(err))
                        .execute(args);
        return new Ran(status, out.toString(), err.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"upstream", "rates-api", "feed", "receiver"})
    void everySimulatorExplainsItself(String name) {
        var ran = run("simulate", name, "--help");
        assertThat(ran.status).isZero();
        assertThat(ran.out).contains("--port", "--host", "127.0.0.1");
    }

    @Test
    void wrongUsageIsOneLineAndStatus2() {
        assertThat(run("simulate").status).isEqualTo(2);
        assertThat(run("simulate", "upstream", "--window", "soon").status).isEqualTo(2);
        var secret = run("simulate", "receiver", "--port", "0", "--secret", "whsec_!!");
        assertThat(secret.status).isEqualTo(2);
        assertThat(secret.err.lines()).hasSize(1);
    }

    @Test
    void aPortInUseIsSaidWithItsAddress() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = String.valueOf(taken.getLocalPort());
            var ran = run("simulate", "receiver", "--port", port);
            assertThat(ran.status).isEqualTo(1);
            assertThat(ran.err).contains("cannot listen on 127.0.0.1:" + port);
        }
    }

    @Test
    void aFeedsFaultIsReadWithItsTimes() {
        var converter = new SimulateFeedCommand.FaultConverter();
        assertThat(converter.convert("no-heartbeats@10s+4s"))
                .isEqualTo(
                        new FeedFault(
                                Kind.NO_HEARTBEATS, Duration.ofSeconds(10), Duration.ofSeconds(4)));
        assertThat(converter.convert("refuse@500ms").lasting()).isEqualTo(Duration.ofSeconds(10));
        assertThatThrownBy(() -> converter.convert("nonsense@1s"))
                .isInstanceOf(TypeConversionException.class);
    }
}
