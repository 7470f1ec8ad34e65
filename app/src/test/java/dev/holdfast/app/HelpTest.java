package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;

/** What commands say of themselves, on a terminal of 80 columns. */
class HelpTest {
    private static final int COLUMNS = 80;

    @TempDir Path folder;

    static Stream<CommandLine> commands() {
        return below(CommandLines.root()).stream();
    }

    private static List<CommandLine> below(CommandLine command) {
        var all = new ArrayList<CommandLine>();
        all.add(command);
        command.getSubcommands().values().forEach(sub -> all.addAll(below(sub)));
        return all;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void noSentenceOfAHelpIsCut(CommandLine command) {
        String name = command.getCommandSpec().qualifiedName();
        String[] says = command.getCommandSpec().usageMessage().description();

        assertThat(says).as(name).isNotEmpty();
        // The list of commands shows the first alone.
        assertThat(says[0]).as(name).doesNotMatch(".*[,:;(]");
        for (int i = 0; i < says.length - 1; i++) {
            assertThat(says[i]).as(name + ": a paragraph ends").endsWith(".");
        }
        for (String paragraph : says) {
            assertThat(paragraph).as(name + ": a paragraph begins").matches("(?s)(%n)?[A-Z/].*");
        }
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aHelpFitsIn80ColumnsAndBreaksNoWord(CommandLine command) {
        String name = command.getCommandSpec().qualifiedName();
        command.setUsageHelpWidth(COLUMNS);
        String help = command.getUsageMessage(Ansi.OFF);

        assertThat(help.lines()).as(name).allMatch(line -> line.length() <= COLUMNS);
        var said =
                new ArrayList<String>(
                        List.of(command.getCommandSpec().usageMessage().description()));
        for (ArgSpec argument : command.getCommandSpec().args()) {
            said.addAll(List.of(argument.description()));
        }
        for (CommandLine sub : command.getSubcommands().values()) {
            said.add(
                    sub.getCommandSpec()
                            .usageMessage()
                            .description()[0]
                            .replaceAll("(?s)%n.*", ""));
        }
        Set<String> shown = words(help).collect(Collectors.toSet());
        assertThat(said.stream().flatMap(text -> words(rendered(text))))
                .as(name + ": words that are broken")
                .filteredOn(word -> !shown.contains(word))
                .isEmpty();
    }

    /** Without what is filled in. */
    private static String rendered(String text) {
        return text.replaceAll("\\S*\\$\\{[^}]*}\\S*", "").replace("%n", "\n").replace("%%", "%");
    }

    private static Stream<String> words(String text) {
        return Arrays.stream(text.split("\\s+")).filter(word -> !word.isEmpty());
    }

    @Test
    void helpAndVersionAreCommandsToo() {
        assertThat(run("help")).isEqualTo(run("--help")).contains("holdfast help COMMAND");
        assertThat(run("help", "sign")).isEqualTo(run("sign", "--help"));
        assertThat(run("version")).startsWith(run("--version").strip()).contains("java 25");
    }

    /** Bash itself completes with the script. */
    @Test
    void bashCompletesCommandsAndOptions() throws Exception {
        Path script = folder.resolve("completion");
        Files.writeString(script, run("completion"));

        assertThat(completed(script, "holdfast", "che")).containsExactly("check-config");
        assertThat(completed(script, "holdfast", "init", "op")).containsExactly("openai");
        assertThat(completed(script, "./holdfast", "keys", "create", "--exp"))
                .containsExactly("--expires");
        assertThat(completed(script, "holdfast", "simulate", ""))
                .contains("upstream", "rates-api", "feed", "receiver");
    }

    private static List<String> completed(Path script, String... words) throws Exception {
        String typed =
                Arrays.stream(words).map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        var command =
                List.of(
                        "bash",
                        "-c",
                        "source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9;"
                                        .formatted(script, typed, words.length - 1)
                                + " complete -p holdfast >/dev/null || exit 1;"
                                + " _complete_holdfast; printf '%s\\n' \"${COMPREPLY[@]}\"");
        var process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String said =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines().map(String::strip).toList();
    }

    private static String run(String... args) {
        var out = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        assertThat(CommandLines.execute(line, args)).isZero();
        return out.toString();
    }
}
