package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast sign}: messages through a running gateway, JSON lines out. */
@Command(
        name = "sign",
        mixinStandardHelpOptions = true,
        description = {
            "Signs messages through a running gateway.",
            "Writes a JSON line for each different message, with \"message\", \"signature\", \"id\""
                    + " and \"attempts\", or with \"message\" and \"error\"; with --route the route's"
                    + " own result stands in place of the signature. A message that begins with - comes"
                    + " behind --.",
            "With --out it continues a file: what is signed in it is not asked for again, what failed"
                    + " is. What was under way when it was stopped is asked for once more, which on a"
                    + " repeatable route makes no second call; for any other route there is `holdfast"
                    + " batch`."
        })
public final class SignCommand implements Runnable {
    private static final Pattern ROUTE = Pattern.compile("/[!$&-;=@-Z_a-z~%]*");

    private static final Pattern FIELD = Pattern.compile("[A-Za-z_][A-Za-z0-9_.-]{0,63}");

    @Parameters(paramLabel = "MESSAGE", arity = "0..*", description = "messages to sign")
    List<String> messages = new ArrayList<>();

    @Option(names = "--file", paramLabel = "F", description = "a file of messages, a line each")
    @Nullable Path file;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "where the JSON lines go (default: stdout)")
    @Nullable Path out;

    @Option(
            names = "--route",
            paramLabel = "PATH",
            defaultValue = "/crypto/sign",
            description = "which route (default: ${DEFAULT-VALUE})")
    String route = "/crypto/sign";

    @Option(
            names = "--field",
            paramLabel = "NAME",
            defaultValue = "message",
            description =
                    "the route's parameter that a message is sent as (default: ${DEFAULT-VALUE})")
    String field = "message";

    @Option(
            names = "--json",
            description = "each message is JSON, for a parameter that is no string")
    boolean json;

    @Option(
            names = "--priority",
            paramLabel = "P",
            description = "what goes first: high, normal or low")
    @Nullable String priority;

    @Option(
            names = "--not-before",
            paramLabel = "TIME",
            description = "not called before: a time (RFC 3339), or seconds from now")
    @Nullable String notBefore;

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        checkUsage();
        Set<String> all = new LinkedHashSet<>(messages);
        if (file != null) {
            all.addAll(lines(file));
        }
        if (json) {
            all.forEach(ManySignings.Asked::json); // all, before anything is sent
        }
        CommandLine line = spec.commandLine();
        if (all.isEmpty()) {
            line.getErr().println("holdfast: " + file + " has no message");
            return;
        }
        try (SignedLines signed =
                        out == null ? new SignedOutput(line.getOut()) : new SignedFile(out);
                GatewayClient client = gateway.open()) {
            client.upstreams(); // says at once that nobody is there, or wants another key
            signed.begin();
            int failed = sign(client, all, signed, line.getErr());
            if (failed > 0) {
                throw Failure.failed(
                        "holdfast: "
                                + failed
                                + " of "
                                + all.size()
                                + " messages failed; their lines say why");
            }
        } catch (IOException e) {
            throw Failure.failed(GatewayClient.silence(gateway.url, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What needs neither file nor gateway to be wrong. */
    private void checkUsage() {
        if (priority != null && !Set.of("high", "normal", "low").contains(priority)) {
            throw Failure.usage("holdfast: --priority is high, normal or low, not " + priority);
        }
        if (!ROUTE.matcher(route).matches()) {
            throw Failure.usage(
                    "holdfast: --route is the path of a route, such as /crypto/sign, not " + route);
        }
        if (!FIELD.matcher(field).matches()) {
            throw Failure.usage(
                    "holdfast: --field is the name of a parameter, such as message, not " + field);
        }
        if (file == null && messages.isEmpty()) {
            throw Failure.usage("holdfast: nothing to sign; give MESSAGE or --file F");
        }
        if (file != null && out != null && same(file, out)) {
            throw Failure.usage(
                    "holdfast: --out is the file of --file; name another, or the messages are"
                            + " lost");
        }
    }

    private static boolean same(Path one, Path other) {
        try {
            return Files.isRegularFile(one) && Files.exists(other) && Files.isSameFile(one, other);
        } catch (IOException e) {
            return false; // what is wrong with one of them is said when it is opened
        }
    }

    /** Signs what is not signed yet; how many failed. A file's progress is shown. */
    private int sign(GatewayClient client, Set<String> all, SignedLines signed, PrintWriter err)
            throws IOException, InterruptedException {
        List<String> open = all.stream().filter(message -> !signed.has(message)).toList();
        int shown = file == null ? 0 : all.size();
        try (var progress =
                new Progress(err, Progress.onTerminal(), shown, all.size() - open.size())) {
            progress.begin();
            Map<String, String> beside = new LinkedHashMap<>();
            if (priority != null) {
                beside.put("priority", priority);
            }
            if (notBefore != null) {
                beside.put("not_before", notBefore);
            }
            var asked = new ManySignings.Asked(route, field, json, beside);
            return new ManySignings(client, asked, signed, progress).sign(open);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Messages.in(file);
        } catch (Messages.NotText e) {
            throw Failure.usage("holdfast: " + e.getMessage());
        } catch (IOException e) {
            throw Failure.usage("holdfast: cannot read " + file + ": " + FileTrouble.words(e));
        }
    }
}
