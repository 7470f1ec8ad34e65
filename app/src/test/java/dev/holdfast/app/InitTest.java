package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.yaml.ConfigurationException;
import dev.holdfast.app.yaml.Variables;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class InitTest {
    @TempDir Path folder;

    private record Ran(int status, String out, String err) {}

    private static Ran run(String... args) {
        var out = new StringWriter();
        var err = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return new Ran(CommandLines.execute(line, args), out.toString(), err.toString());
    }

    private static Configuration read(String text, Map<String, String> environment)
            throws ConfigurationException {
        return Configuration.parse(
                "holdfast.yaml", text, Variables.of(environment), Purpose.GATEWAY, store -> false);
    }

    @ParameterizedTest
    @CsvSource({
        "any, EXAMPLE_TOKEN",
        "openai, OPENAI_API_KEY",
        "github, GITHUB_TOKEN",
        "stripe, STRIPE_API_KEY",
        "signing, SYNTHESIA_API_KEY"
    })
    void whatIsWrittenIsAConfigurationThatLacksItsKeyAlone(String name, String key)
            throws Exception {
        Path file = folder.resolve("holdfast.yaml");
        Ran ran = run("init", name, "--out", file.toString());
        String text = Files.readString(file);

        assertThat(ran.status()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("wrote " + file, key + "=…", "holdfast check-config");
        Configuration configuration = read(text, Map.of(key, "a-key-of-the-vendor-1"));
        assertThat(configuration.settings().upstreams()).hasSize(1);
        assertThat(configuration.settings().upstreams().values())
                .allMatch(upstream -> !upstream.quota().calls().isEmpty());
        assertThat(configuration.settings().routes()).hasSizeBetween(2, 4);
        assertThat(text.lines().filter(line -> line.contains("# "))).hasSizeGreaterThan(4);
        assertThat(text.lines()).allMatch(line -> line.length() <= 128);

        var without =
                catchThrowableOfType(ConfigurationException.class, () -> read(text, Map.of()));
        assertThat(without.mistakes()).hasSize(1);
        assertThat(without.mistakes().getFirst().toString()).contains(key);
    }

    /** What its comments offer may be taken as it is. */
    @ParameterizedTest
    @CsvSource({"any, EXAMPLE_TOKEN", "openai, OPENAI_API_KEY", "stripe, STRIPE_API_KEY"})
    void whatItsCommentsOfferIsConfigurationToo(String name, String key) throws Exception {
        String text = run("init", name, "--print").out();
        String taken =
                text.replaceAll("(?m)^# (server|store|webhooks): ", "$1: ")
                        .replace("    # repeatable: true ", "    repeatable: true ");

        assertThat(taken).isNotEqualTo(text).contains("\nserver: ", "\nstore: ", "\nwebhooks: ");
        assertThat(read(taken, Map.of(key, "a-key-of-the-vendor-1")).settings().routes())
                .isNotEmpty();
    }

    @Test
    void aFileThatIsThereIsLeftAlone() throws IOException {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(file, "mine");
        Ran ran = run("init", "github", "--out", file.toString());

        assertThat(ran.status()).isEqualTo(1);
        assertThat(ran.err()).hasLineCount(1).contains("--force");
        assertThat(file).hasContent("mine");

        assertThat(run("init", "github", "--force", "--out", file.toString()).status()).isZero();
        assertThat(file).hasContent(run("init", "github", "--print").out());
    }

    @Test
    void nothingIsWrittenWhereItIsPrinted() {
        Path file = folder.resolve("holdfast.yaml");
        Ran ran = run("init", "--print", "--out", file.toString());

        assertThat(ran.out()).contains("upstreams:");
        assertThat(file).doesNotExist();
    }

    @Test
    void anApiThatIsNotKnownIsWrongUsageThatNamesThoseThatAre() {
        Ran ran = run("init", "opnai");

        assertThat(ran.status()).isEqualTo(2);
        assertThat(ran.err()).hasLineCount(1).contains("openai").contains("stripe");
    }
}
