package dev.holdfast.app.command;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.FileTrouble;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast init}: a configuration to begin with, for one API. */
@Command(
        name = "init",
        mixinStandardHelpOptions = true,
        description = {
            "Writes a commented holdfast.yaml to begin with.",
            "For the API named, or for any; a file that is there is left alone."
        })
public final class InitCommand implements Runnable {
    /** What one can ask for; each is a resource {@code /init/NAME.yaml}. */
    static final List<String> NAMES = List.of("any", "openai", "github", "stripe", "signing");

    /** A variable without a default: it has to be set. */
    private static final Pattern NEEDED = Pattern.compile("(?<!\\$)\\$\\{([A-Z0-9_]+)}");

    @Parameters(
            arity = "0..1",
            paramLabel = "NAME",
            defaultValue = "any",
            completionCandidates = Names.class,
            description = "one of ${COMPLETION-CANDIDATES} (default: any)")
    String name = "any";

    @Option(
            names = "--out",
            paramLabel = "FILE",
            defaultValue = "holdfast.yaml",
            description = "where it is written (default: holdfast.yaml)")
    Path out = Path.of("holdfast.yaml");

    @Option(names = "--force", description = "writes over a file that is there")
    boolean force;

    @Option(names = "--print", description = "prints it instead of writing a file")
    boolean print;

    @Spec @Nullable CommandSpec spec;

    /** For completion and help. */
    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return NAMES.iterator();
        }
    }

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        if (!NAMES.contains(name)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "no configuration is known for "
                            + name
                            + ", only for "
                            + String.join(", ", NAMES));
        }
        String text = template(name);
        PrintWriter said = spec.commandLine().getOut();
        if (print) {
            said.print(text);
        } else {
            write(text);
            said.println("wrote " + out);
            said.println(next(text));
        }
        said.flush();
    }

    private void write(String text) {
        try {
            if (force) {
                Files.writeString(out, text);
            } else {
                Files.writeString(out, text, StandardOpenOption.CREATE_NEW);
            }
        } catch (FileAlreadyExistsException e) {
            throw Failure.failed(
                    "holdfast: "
                            + out
                            + " is there already: --force writes over it, --out names another");
        } catch (IOException e) {
            throw Failure.failed("holdfast: cannot write " + out + ": " + FileTrouble.words(e));
        }
    }

    private String next(String text) {
        var needed = new TreeSet<String>();
        Matcher variables = NEEDED.matcher(text.replaceAll("(?m)#.*$", ""));
        while (variables.find()) {
            needed.add(variables.group(1));
        }
        String config = out.equals(Path.of("holdfast.yaml")) ? "" : " --config " + out;
        String secrets =
                needed.isEmpty()
                        ? ""
                        : "put "
                                + String.join("=…, ", needed)
                                + "=… into .env or the environment, then ";
        return "next: "
                + secrets
                + "`holdfast check-config"
                + config
                + "` and `holdfast serve"
                + config
                + "`";
    }

    static String template(String name) {
        String resource = "/init/" + name + ".yaml";
        try (InputStream in =
                Objects.requireNonNull(InitCommand.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
