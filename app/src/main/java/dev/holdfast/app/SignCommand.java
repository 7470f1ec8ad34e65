package dev.holdfast.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
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
            "Signs through a running gateway. Writes a JSON line for each different message:",
            "{\"message\",\"signature\",\"id\",\"attempts\"} or {\"message\",\"error\"}.",
            "With --out it continues a file: what is signed in it is not asked for again."
        })
final class SignCommand implements Runnable {
    private static final int MAX_PARALLEL = 4096;

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
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "256",
            description = "messages under way at once (default: ${DEFAULT-VALUE})")
    int parallel = 256;

    @Option(
            names = "--route",
            paramLabel = "PATH",
            defaultValue = "/crypto/sign",
            description = "which route (default: ${DEFAULT-VALUE})")
    String route = "/crypto/sign";

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        if (parallel < 1 || parallel > MAX_PARALLEL) {
            throw Failure.usage("holdfast: --parallel is 1 to " + MAX_PARALLEL);
        }
        Set<String> all = new LinkedHashSet<>(messages);
        if (file != null) {
            all.addAll(lines(file));
        } else if (all.isEmpty()) {
            throw Failure.usage("holdfast: nothing to sign; give MESSAGE or --file F");
        }
        CommandLine line = spec.commandLine();
        try (GatewayClient client = gateway.open();
                SignedFile signed = new SignedFile(out, line.getOut())) {
            client.page("/livez"); // says at once that nobody is there
            int failed = sign(client, all, signed, line.getErr());
            if (failed > 0) {
                throw Failure.failed(
                        "holdfast: "
                                + failed
                                + " of "
                                + all.size()
                                + " messages failed; their lines say why");
            }
        } catch (ConnectException | HttpTimeoutException e) {
            throw unreachable();
        } catch (IOException e) {
            throw Failure.failed("holdfast: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Signs what is not signed yet; how many failed. A file's progress is shown. */
    private int sign(GatewayClient client, Set<String> all, SignedFile signed, PrintWriter err) {
        List<String> open = all.stream().filter(message -> !signed.has(message)).toList();
        int shown = file == null ? 0 : all.size();
        try (var progress =
                new Progress(err, Progress.onTerminal(), shown, all.size() - open.size())) {
            progress.begin();
            return signAll(new Signing(client, route), open, signed, progress);
        }
    }

    private Failure unreachable() {
        return Failure.failed(
                "holdfast: no gateway answers at "
                        + gateway.url
                        + "; start it with `holdfast serve`, or name it with --url"
                        + (out == null ? "" : ", then run the same command again: it goes on"));
    }

    private static List<String> lines(Path file) {
        try {
            return Messages.in(file);
        } catch (NoSuchFileException e) {
            throw Failure.usage("holdfast: " + file + " does not exist");
        } catch (Messages.NotText e) {
            throw Failure.usage("holdfast: " + e.getMessage());
        } catch (IOException e) {
            throw Failure.failed("holdfast: cannot read " + file + ": " + e.getMessage());
        }
    }

    /** How many failed. Stops early when the gateway cannot be reached. */
    private int signAll(Signing signing, List<String> open, SignedFile signed, Progress progress) {
        var failed = new AtomicInteger();
        var unreachable = new AtomicReference<@Nullable IOException>();
        var places = new Semaphore(parallel);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String message : open) {
                while (!places.tryAcquire(1, TimeUnit.SECONDS)) {
                    if (unreachable.get() != null) {
                        break;
                    }
                }
                if (unreachable.get() != null) {
                    break;
                }
                threads.execute(
                        () -> {
                            try {
                                Signing.Ended ended = signing.sign(message);
                                signed.write(message, ended);
                                boolean good = ended instanceof Signing.Ended.Signed;
                                failed.addAndGet(good ? 0 : 1);
                                progress.step(good);
                            } catch (IOException e) {
                                unreachable.compareAndSet(null, e);
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            } finally {
                                places.release();
                            }
                        });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (unreachable.get() != null) {
            throw unreachable();
        }
        return failed.get();
    }
}
