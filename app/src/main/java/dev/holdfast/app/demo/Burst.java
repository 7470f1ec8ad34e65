package dev.holdfast.app.demo;

import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.Signing;
import dev.holdfast.app.terminal.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many messages asked for at once, each followed to its end, with live progress. */
final class Burst {
    private static final String ROUTE = "/crypto/sign";

    private final GatewayClient gateway;
    private final URI webhook;
    private final Progress progress;

    /**
     * One message's story.
     *
     * @param firstStatus the ask's own HTTP status: 200 or 202
     * @param firstAnswer time to the ask's answer
     * @param ended its end
     */
    record Story(String message, int firstStatus, Duration firstAnswer, Signing.Ended ended) {}

    Burst(GatewayClient gateway, URI webhook, PrintWriter err, int messages) {
        this.gateway = gateway;
        this.webhook = webhook;
        this.progress = new Progress(err, Progress.onTerminal(), messages, 0);
    }

    /** Asks for all of them at once; blocks until the last one ended. */
    List<Story> send(List<String> messages) throws IOException, InterruptedException {
        List<Story> stories = new ArrayList<>();
        progress.begin();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Story>> all = new ArrayList<>();
            for (String message : messages) {
                all.add(threads.submit(() -> tell(message)));
            }
            for (Future<Story> one : all) {
                stories.add(one.get());
            }
        } catch (ExecutionException e) {
            throw new IOException("the gateway stopped answering", e);
        } finally {
            progress.close();
        }
        return stories;
    }

    private Story tell(String message) throws IOException, InterruptedException {
        long asked = System.nanoTime();
        String once = UUID.randomUUID().toString();
        GatewayClient.Reply first = gateway.ask(ROUTE, "message", message, webhook, once);
        Duration took = Duration.ofNanos(System.nanoTime() - asked);
        Signing.Ended ended = new Signing(gateway, ROUTE, webhook).follow(message, once, first);
        progress.step(ended instanceof Signing.Ended.Signed);
        return new Story(message, first.status(), took, ended);
    }
}
