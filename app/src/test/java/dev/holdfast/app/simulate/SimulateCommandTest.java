package dev.holdfast.app.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.holdfast.app.CommandLines;
import dev.holdfast.simulator.feed.FeedFault;
import dev.holdfast.simulator.feed.FeedFault.Kind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class SimulateCommandTest {
    /** A command that is taken serves until it is ended. */
    private static final Duration SOON = Duration.ofSeconds(60);

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

    /** Each of them would be served, and answer or judge as nobody wants. */
    @ParameterizedTest
    @CsvSource({
        "receiver --status 9000, status is 200 to 599",
        "receiver --status 100, status is 200 to 599",
        "receiver --secret abc, a key is whsec_",
        "receiver --secret whsec_YWJj, the bytes of a secret is 24 to 64",
        "receiver --public-key whsec_YWJj, a key is whpk_",
        "receiver --tolerance PT-5S, tolerance is 0",
        "receiver --latency 2h, latency is 0 to 1h",
        "receiver --port 70000, a port is 0 to 65535",
        "receiver --fault STATUS --fault-status 101, status is 200 to 599",
        "receiver --fault-status 500, --fault-status goes with",
        "receiver --fault HANG --fault-retry-after 5, --fault-retry-after goes with",
        "receiver --fault STATUS --fault-retry-after -5, retry-after is 0",
        "receiver --fault REFUSE, --fault REFUSE needs --fault-for",
        "receiver --fault SLOW --fault-delay 2h, delay is 0 to 1h",
        "receiver --fault SLOW --fault-first -1, first is 0",
        "upstream --key '', a key is visible ASCII",
        "upstream --quota -1, a quota is 0",
        "upstream --window 0, a window is longer than nothing",
        "upstream --window 9999999d, a window is 0",
        "upstream --failure-share 2, failure-share is 0 to 1",
        "upstream --failure-share NaN, failure-share is 0 to 1",
        "upstream --recovery-min 5m --recovery-max 1m, recovery goes from",
        "upstream --latency-min 2s, latency goes from",
        "upstream --speed 0, speed is",
        "upstream --speed Infinity, speed is",
        "upstream --key-file /none.pem, --key-file",
        "rates-api --key '', a key is visible ASCII",
        "rates-api --digits 0, digits is 1 to 34",
        "rates-api --failure-share -1, failure-share is 0 to 1",
        "rates-api --quota-month -1, a quota is 0",
        "rates-api --speed NaN, speed is",
        "rates-api --latency PT-1S, latency",
        "feed --rate NaN, rate is 0",
        "feed --rate -1, rate is 0",
        "feed --days 0, days is 1",
        "feed --span 3 --days 8, span is 8",
        "feed --currency USD=0, the parts of USD is 1",
        "feed --currency us=1, a currency is like USD",
        "feed --until 2050-01-01, there are rates from",
        "feed --until 1999-01-10, there are rates from",
        "feed --base XYZ, there is no rate of XYZ",
        "feed --scale -1, scale is 0",
        "feed --digits 99, digits is 1 to 34",
        "feed --garbage-share 1.5, garbage-share is 0 to 1",
        "feed --refused-share 7, refused-share is 0 to 1",
        "feed --port -1, a port is 0 to 65535"
    })
    void figuresThatMeanNothingAreRefused(String command, String words) {
        List<String> args = new ArrayList<>(List.of("simulate"));
        for (String arg : command.split(" ", -1)) {
            args.add(arg.equals("''") ? "" : arg);
        }
        if (!args.contains("--port")) {
            args.addAll(List.of("--port", "0"));
        }

        var ran = assertTimeoutPreemptively(SOON, () -> run(args.toArray(String[]::new)));

        assertThat(ran.err).contains(words).hasLineCount(1);
        assertThat(ran.status).isEqualTo(2);
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
