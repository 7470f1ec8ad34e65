package dev.holdfast.app.typed;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A folder as somebody has it who cloned Holdfast, and a shell in it. {@code ./holdfast} and, on
 * the {@code PATH}, {@code holdfast} run the program that these tests are compiled with, each time
 * in a process of its own. What is typed is what a page says, but for the names that are {@link
 * #instead} of the page's: a free port, this machine in place of others.
 *
 * <p>A gateway or a converter goes on behind what is typed after it, as in another terminal, until
 * the next one is started: by then one has ended it.
 */
final class Desk implements AutoCloseable {
    private static final long TYPED_WITHIN_SECONDS = 240;
    private static final int END_WITHIN_SECONDS = 60;

    /** Starts what listens and waits until it is ready; all else as it comes. */
    private static final String PROGRAM =
            """
            #!/bin/bash
            run() { exec 'JAVA' -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \\
              --enable-native-access=ALL-UNNAMED -cp "$DESK_CLASSES" dev.holdfast.app.Main "$@"; }
            case "$1" in
              serve | rates) ;;
              *) run "$@" ;;
            esac
            if [ -s "$DESK/listens" ]; then
              before="$(cat "$DESK/listens")"
              kill "$before" 2>/dev/null || true
              while kill -0 "$before" 2>/dev/null; do sleep 0.05; done
            fi
            run "$@" >>"$DESK/log" 2>&1 </dev/null &
            echo $! >"$DESK/listens"
            until [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$HOLDFAST_SERVER_PORT/readyz")" = 200 ]; do
              kill -0 $! 2>/dev/null || { cat "$DESK/log" >&2; exit 1; }
              sleep 0.05
            done
            """;

    private final Path folder;
    private final Path state;
    private final Map<String, String> instead = new LinkedHashMap<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final HttpServer receiver;
    private final URI gateway;

    /** The webhooks that came; its monitor tells of each. */
    private final List<Webhook> webhooks = new ArrayList<>();

    record Webhook(String signature, String body) {}

    /** What was typed ended with. */
    record Said(int status, String out, String err) {}

    Desk(Path base) throws IOException {
        folder = Files.createDirectories(base.resolve("holdfast"));
        state = Files.createDirectories(base.resolve("desk"));
        Path program = folder.resolve("holdfast");
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Files.writeString(program, PROGRAM.replace("JAVA", java.toString()));
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext(
                "/",
                exchange -> {
                    try (exchange) {
                        byte[] body = exchange.getRequestBody().readAllBytes();
                        var headers = exchange.getRequestHeaders();
                        synchronized (webhooks) {
                            webhooks.add(
                                    new Webhook(
                                            headers.getFirst("webhook-signature"),
                                            new String(body, StandardCharsets.UTF_8)));
                            webhooks.notifyAll();
                        }
                        exchange.sendResponseHeaders(204, -1);
                    }
                });
        receiver.start();
        int port = freePort();
        gateway = URI.create("http://127.0.0.1:" + port);
        instead.put("http://127.0.0.1:8000", gateway.toString());
        instead.put("https://example.com", "http://127.0.0.1:" + receiver.getAddress().getPort());
        environment.put("DESK", state.toString());
        environment.put("DESK_CLASSES", System.getProperty("java.class.path"));
        environment.put("PATH", folder + ":" + System.getenv("PATH"));
        environment.put("HOME", base.toString());
        environment.put("HOLDFAST_SERVER_PORT", Integer.toString(port));
        environment.put("HOLDFAST_WEBHOOKS_ALLOW_NETWORKS", "127.0.0.0/8");
    }

    static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    /** Has {@code ours} typed wherever a page says {@code theirs}. */
    Desk instead(String theirs, String ours) {
        instead.put(theirs, ours);
        return this;
    }

    /** A setting that the page does not have, such as where an API's stand-in is. */
    Desk with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Path folder() {
        return folder;
    }

    /** Where the gateway listens, once it was started. */
    URI gateway() {
        return gateway;
    }

    /** The webhook of this type that has these words, as soon as it came. */
    Webhook told(String type, String words) throws InterruptedException {
        String typed = "\"type\":\"" + type + "\"";
        synchronized (webhooks) {
            while (true) {
                for (Webhook one : webhooks) {
                    if (one.body().contains(typed) && one.body().contains(words)) {
                        return one;
                    }
                }
                webhooks.wait();
            }
        }
    }

    /** What those that listen have logged. */
    String log() throws IOException {
        Path log = state.resolve("log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /** Types {@code text} into a shell of its own and waits until that has ended. */
    Said type(String text) throws IOException, InterruptedException {
        for (Map.Entry<String, String> name : instead.entrySet()) {
            text = text.replace(name.getKey(), name.getValue());
        }
        Path script = Files.createTempFile(state, "typed", ".sh");
        Path out = Files.createTempFile(state, "typed", ".out");
        Path err = Files.createTempFile(state, "typed", ".err");
        Files.writeString(script, "set -eu\n" + text + "\n");
        var shell = new ProcessBuilder("bash", script.toString()).directory(folder.toFile());
        shell.environment().keySet().removeIf(name -> name.startsWith("HOLDFAST_"));
        shell.environment().putAll(environment);
        Process process =
                shell.redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .redirectInput(Redirect.from(new File("/dev/null")))
                        .start();
        if (!process.waitFor(TYPED_WITHIN_SECONDS, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            throw new AssertionError(
                    "not done in time: " + text + Files.readString(out) + Files.readString(err));
        }
        return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** As {@link #type}, of what must end with 0. */
    String typed(String text) throws IOException, InterruptedException {
        Said said = type(text);
        if (said.status() != 0) {
            throw new AssertionError(
                    "status %d of:%n%s%n%s%s%n%s"
                            .formatted(said.status(), text, said.out(), said.err(), log()));
        }
        return said.out();
    }

    @Override
    public void close() throws IOException {
        receiver.stop(0);
        Path listens = state.resolve("listens");
        if (Files.exists(listens)) {
            ProcessHandle.of(Long.parseLong(Files.readString(listens).strip()))
                    .ifPresent(
                            process -> {
                                process.destroy();
                                process.onExit()
                                        .orTimeout(END_WITHIN_SECONDS, TimeUnit.SECONDS)
                                        .join();
                            });
        }
    }
}
