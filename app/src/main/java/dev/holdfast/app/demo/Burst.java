package dev.holdfast.app.demo;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.concurrent.TimeUnit;

/** Many messages asked for at once, each followed to its end, with live progress. */
final class Burst {
    private static final String ROUTE = "/crypto/sign";

    private static final String UPSTREAM = "/v1/upstreams/synthesia";
    private static final long ASK_EVERY_MILLIS = 500;

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
        Thread asking = Thread.ofVirtual().start(this::askHowLong);
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
            asking.interrupt();
            progress.close();
        }
        return stories;
    }

    /** The gateway knows how many calls are to come, and for how long messages go on failing. */
    private void askHowLong() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(ASK_EVERY_MILLIS);
                JsonNode left = gateway.get(UPSTREAM, null).body().path("estimated_seconds");
                progress.told(
                        left.isNumber()
                                ? Duration.ofMillis(Math.round(left.asDouble() * 1_000))
                                : null);
            }
        } catch (IOException e) {
            progress.told(null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // all have ended
        }
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
