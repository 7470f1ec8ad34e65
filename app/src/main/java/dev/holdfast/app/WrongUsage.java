package dev.holdfast.app;

import dev.holdfast.app.serve.ClientKey;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.DidYouMean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What was typed wrongly, in one line that says what to type instead. */
final class WrongUsage {
    private static final Pattern KEYS = Pattern.compile(ClientKey.PREFIX + "[A-Za-z0-9_-]+");

    /** What other programs call it. */
    private static final Map<String, String> OTHER_WORDS =
            Map.of("start", "serve", "run", "serve", "up", "serve", "ls", "requests");

    private WrongUsage() {}

    /** Writes the line on standard error and gives the exit status. */
    static int tell(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String said =
                switch (e) {
                    case UnmatchedArgumentException unmatched -> unknown(command, unmatched);
                    case MissingParameterException missing -> missing(missing);
                    default -> masked(oneLine(e.getMessage()));
                };
        command.getErr()
                .println(
                        "holdfast: "
                                + said
                                + " (see `"
                                + command.getCommandSpec().qualifiedName()
                                + " --help`)");
        return Failure.USAGE;
    }

    /** Has numbers that are none told as people would. */
    static void numbers(CommandLine root) {
        number(
                root,
                Integer.class,
                int.class,
                Integer::valueOf,
                "no whole number up to " + Integer.MAX_VALUE);
        number(root, Long.class, long.class, Long::valueOf, "no whole number");
        number(root, Double.class, double.class, Double::valueOf, "no number");
    }

    private static <T> void number(
            CommandLine root,
            Class<T> boxed,
            Class<T> plain,
            Function<String, T> read,
            String otherwise) {
        for (Class<T> type : List.of(boxed, plain)) {
            root.registerConverter(
                    type,
                    text -> {
                        try {
                            return read.apply(text);
                        } catch (NumberFormatException e) {
                            throw new TypeConversionException("'" + text + "' is " + otherwise);
                        }
                    });
        }
    }

    /** What is missing and, in the words of its help, what it is. */
    private static String missing(MissingParameterException e) {
        if (e.getMissing().isEmpty()) {
            return masked(oneLine(e.getMessage()));
        }
        ArgSpec first = e.getMissing().getFirst();
        String what =
                first instanceof OptionSpec option
                        ? option.longestName() + " wants " + first.paramLabel()
                        : first.paramLabel() + " is missing";
        return what + ": " + String.join(" ", first.description());
    }

    /** The first thing that is not known, without its value, which may be a secret. */
    private static String unknown(CommandLine command, UnmatchedArgumentException unmatched) {
        String first = unmatched.getUnmatched().getFirst();
        if (!first.startsWith("-")) {
            Optional<String> guess = command(command, first);
            return "what is "
                    + masked(first)
                    + "?"
                    + guess.map(g -> " did you mean " + g + "?").orElse("");
        }
        String name = first.replaceFirst("=.*", "");
        List<String> known = new ArrayList<>(command.getCommandSpec().optionsMap().keySet());
        Optional<String> guess = DidYouMean.among(known, name);
        return "unknown option "
                + name
                + guess.map(g -> "; did you mean " + g + "?").orElseGet(() -> elsewhere(command));
    }

    private static Optional<String> command(CommandLine command, String typed) {
        var commands = command.getSubcommands().keySet();
        String meant = OTHER_WORDS.get(typed.toLowerCase(Locale.ROOT));
        return meant != null && commands.contains(meant)
                ? Optional.of(meant)
                : DidYouMean.among(commands, typed);
    }

    /** Where a command takes its settings from that reads the configuration. */
    private static String elsewhere(CommandLine command) {
        return command.getCommandSpec().optionsMap().containsKey("--config")
                ? "; settings stand in the configuration, and in variables such as"
                        + " HOLDFAST_SERVER_PORT"
                : "";
    }

    /** Without anything that looks like a client's key. */
    static String masked(String text) {
        return KEYS.matcher(text).replaceAll("(a key)");
    }

    static String oneLine(@Nullable String message) {
        return message == null ? "no reason given" : message.lines().findFirst().orElse("");
    }
}
