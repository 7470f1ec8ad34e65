package dev.holdfast.app.power;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Callers who ask, cancel now and then, and follow their receipts. */
final class Load implements AutoCloseable {
    private static final int CALLERS = 48;
    private static final int CANCEL_EVERY = 4;
    private static final int ASK_AGAIN_EVERY = 3;
    private static final int LARGE_EVERY = 12;

    /** Also those of a machine that is too slow for an answer, and of a cancel that is too late. */
    private static final Set<Integer> ANSWERS = Set.of(200, 202, 409, 503);

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger asks = new AtomicInteger();
    private final Observer observer;
    private final String webhook;

    Load(Observer observer, String webhook) {
        this.observer = observer;
        this.webhook = webhook;
    }

    /** Asks until nobody answers any more. */
    public void run(URI gateway) throws Exception {
        List<Future<?>> callers = new ArrayList<>();
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < CALLERS; i++) {
                callers.add(each.submit(() -> askOn(gateway)));
            }
        }
        for (Future<?> caller : callers) {
            caller.get();
        }
    }

    private Void askOn(URI gateway) throws InterruptedException {
        try {
            while (true) {
                ask(gateway, asks.incrementAndGet());
            }
        } catch (IOException _) {
            return null; // the power is off
        }
    }

    private void ask(URI gateway, int number) throws IOException, InterruptedException {
        if (number % LARGE_EVERY == 1) {
            askLarge(gateway, number);
            return;
        }
        int message = number % ASK_AGAIN_EVERY == 0 ? number - ASK_AGAIN_EVERY : number;
        String target =
                "/crypto/sign?message=message+%d&webhook_url=%s"
                        .formatted(message, URLEncoder.encode(webhook, StandardCharsets.UTF_8));
        String prefer = number % 2 == 0 ? "respond-async" : "wait=1";
        Observer.Told told = send(gateway, "GET", target, prefer);
        if (told != null && !told.isEnd() && number % CANCEL_EVERY == 0) {
            send(gateway, "DELETE", "/v1/requests/" + told.request(), prefer);
        }
        if (told != null) {
            follow(gateway, told.request());
        }
    }

    /** Sends a large body, whose answer is as large; what its caller goes by is the receipt. */
    private void askLarge(URI gateway, int number) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(gateway.resolve("/any/large/" + number))
                        .PUT(BodyPublishers.ofByteArray(LargeBodies.asked(number)))
                        .header("Prefer", "respond-async")
                        .header("Holdfast-Webhook-Url", webhook)
                        .timeout(TIMEOUT)
                        .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (!ANSWERS.contains(answer.statusCode())) {
            throw new IllegalStateException("large: " + answer.statusCode() + answer.body());
        }
        Observer.Told told = observer.hear(answer.body());
        if (told != null) {
            observer.large(told.request(), number);
            follow(gateway, told.request());
        }
    }

    /** Waits until a request has ended; fails if it is not known. */
    Observer.Told follow(URI gateway, UUID request) throws IOException, InterruptedException {
        Observer.Told told;
        do {
            told = send(gateway, "GET", "/v1/requests/" + request, "wait=5");
        } while (told == null || !told.isEnd());
        return told;
    }

    private Observer.@Nullable Told send(URI gateway, String method, String target, String prefer)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(gateway.resolve(target))
                        .method(method, BodyPublishers.noBody())
                        .header("Prefer", prefer)
                        .timeout(TIMEOUT)
                        .build();
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        if (!ANSWERS.contains(answer.statusCode())) {
            throw new IllegalStateException(
                    method + " " + target + ": " + answer.statusCode() + " " + answer.body());
        }
        return observer.hear(answer.body());
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
