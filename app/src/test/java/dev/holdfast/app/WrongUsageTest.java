package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** What a newcomer types wrongly, and what is said to type instead. */
class WrongUsageTest {
    private String err = "";
    private String out = "";

    private int run(String... words) {
        var written = new StringWriter();
        var errors = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(written, true));
        line.setErr(new PrintWriter(errors, true));
        int status = CommandLines.execute(line, words);
        out = written.toString();
        err = errors.toString();
        return status;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    pause                        | UPSTREAM is missing: its name, as `holdfast status` shows it
                    resume                       | UPSTREAM is missing: its name, as `holdfast status` shows it
                    retry                        | `holdfast requests` shows what there is
                    cancel                       | `holdfast requests` shows what there is
                    operations --stop            | --stop wants ID: stops this one, as `holdfast operations` calls it
                    keys create                  | NAME is missing: what logs, metrics and the console call it
                    keys revoke                  | NAME is missing: the client, as `holdfast keys list` calls it
                    backup                       | FILE is missing: where to
                    sign hi --file               | --file wants F: a file of messages
                    keys create x --expires soon | 'soon' is no duration; write 90d, 2h, 5m, 60s or 100ms
                    simulate upstream --window x | 'x' is no duration; write 90d, 2h, 5m, 60s or 100ms
                    requests --since soon        | 'soon' is no time; write how long ago, such as 2h or 7d, or 2026-01-31T12:00:00Z
                    requests --limit many        | 'many' is no whole number up to 2147483647
                    requests --limit 0           | --limit is 1 to 10000
                    deliveries --limit 201       | --limit is 1 to 200
                    simulate upstream --seed x   | 'x' is no whole number
                    simulate upstream --speed x  | 'x' is no number
                    completion fish              | there is completion for bash and zsh, none for fish
                    start                        | what is start? did you mean serve?
                    stop                         | what is stop? (see `holdfast --help`)
                    statsu                       | what is statsu? did you mean status?
                    serve --port 9000            | unknown option --port; settings stand in the configuration, and in variables such as HOLDFAST_SERVER_PORT
                    deliveries --host a.example  | --host and --yes go with --redeliver
                    deliveries --redeliver x     | --redeliver is for all that were given up
                    """)
    void oneLineSaysWhatToTypeInstead(String typed, String said) {
        assertThat(run(typed.split(" "))).isEqualTo(2);

        assertThat(err).hasLineCount(1).startsWith("holdfast: ").contains(said);
        assertThat(out).isEmpty();
    }

    @Test
    void theDemoSaysAtOnceThatThePortIsTakenThatWasTyped() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            assertThat(run("demo", "--port", port)).isEqualTo(1);

            assertThat(err).hasLineCount(1).contains("--port " + port + " cannot be had");
            assertThat(err).doesNotContain("server.port");
            assertThat(out).isEmpty();
        }
    }

    @Test
    void aSimulatorSaysThatAnotherPortMayBeNamed() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            assertThat(run("simulate", "receiver", "--port", port)).isEqualTo(1);

            assertThat(err).hasLineCount(1).contains("name another --port, 0 for a free one");
        }
    }

    @ParameterizedTest
    @CsvSource({"bash", "zsh"})
    void completionIsOneScriptForBothShells(String shell) {
        run("completion");
        String both = out;

        assertThat(run("completion", shell)).isZero();
        assertThat(out).isEqualTo(both).contains("_complete_holdfast");
    }
}
