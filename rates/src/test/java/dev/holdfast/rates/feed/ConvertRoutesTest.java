package dev.holdfast.rates.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.http.Problem;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.http.Responder;
import dev.holdfast.rates.Conversion;
import dev.holdfast.rates.Converter;
import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.DayFetcher.Failed;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.Rates;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.ScriptedFetcher;
import dev.holdfast.rates.VertxTimers;
import dev.holdfast.rates.source.EcbFetcher;
import dev.holdfast.rates.source.EcbHistory;
import dev.holdfast.wire.BasePath;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ConvertRoutesTest {
    private static final EcbHistory HISTORY = EcbHistory.load();
    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z"));
    private static final LocalDate DAY = LocalDate.of(2021, 5, 18);
    private static final String MESSAGE =
            "{\"type\":\"message\",\"id\":7,\"payload\":{\"stake\":253.67,\"currency\":\"USD\","
                    + "\"date\":\"2021-05-18T21:32:42.324Z\",\"x\":1.0}}";

    private final Vertx vertx = Vertx.vertx();
    // Held here: a WebSocket client that nobody holds closes itself.
    private final WebSocketClient client = vertx.createWebSocketClient();
    private final HttpClient http = HttpClient.newHttpClient();
    private final RatesMetrics metrics = new RatesMetrics();
    private final ScriptedFetcher source = new ScriptedFetcher();
    private ConvertRoutes routes;
    private HttpServer server;

    @AfterEach
    void stop() throws Exception {
        http.close();
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    @Test
    void anAmountIsConvertedAtTheRateOfTheDate() throws Exception {
        serve(new EcbFetcher(HISTORY, CLOCK));
        HttpResponse<String> answer =
                get("/v1/convert?amount=253.67&from=USD&to=EUR&date=2021-05-18");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .isEqualTo(
                        "{\"amount\":253.67,\"from\":\"USD\",\"to\":\"EUR\",\"date\":\"2021-05-18\","
                                + "\"result\":207.55195,\"rate_date\":\"2021-05-18\"}");
    }

    @Test
    void theTargetAndTodayAreUnderstoodAndCodesMayBeInLowerCase() throws Exception {
        serve(new EcbFetcher(HISTORY, CLOCK));
        HttpResponse<String> answer = get("/v1/convert?amount=1e3&from=eur");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body())
                .contains("\"amount\":1000,")
                .contains("\"to\":\"EUR\",\"date\":\"2026-01-02\"");
    }

    @Test
    void aHistoryThatHasEndedIsAnErrorThatSaysSo() throws Exception {
        serve(new EcbFetcher(HISTORY, CLOCK));
        HttpResponse<String> answer = get("/v1/convert?amount=1000&from=USD");
        assertThat(answer.statusCode()).isEqualTo(422);
        assertThat(answer.body())
                .contains("not-convertible")
                .contains("The source's history ends on " + HISTORY.last());
        LocalDate still = HISTORY.last().plusDays(7);
        assertThat(get("/v1/convert?amount=1&from=USD&date=" + still).body())
                .contains("\"rate_date\":\"" + HISTORY.last() + "\"");
        assertThat(get("/v1/convert?amount=1&from=USD&date=" + still.plusDays(1)).statusCode())
                .isEqualTo(422);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    amount=10%&from=USD                 | amount | not percent-encoded right
                    amount=1&from=USD&date=%zz          | date   | not percent-encoded right
                    amount=1&from=US%ff&date=2020-01-02 | from   | is not UTF-8
                    amount=1&from=USD&%=1               | query  | name is not UTF-8
                    amount=1;from=USD                   | amount | must be a number
                    amount=1&from=USD;to=CZK            | from   | must be a currency code
                    """)
    void aQueryIsReadStrictly(String query, String field, String detail) throws Exception {
        serve(source);
        String answer = raw("GET /v1/convert?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 400 ");
        assertThat(answer)
                .containsPattern("\"field\":\"" + field + "\",\"detail\":\"[^\"]*" + detail);
    }

    /** What comes back for bytes as they are. */
    private String raw(String bytes) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.actualPort())) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void whoIsOutOfQuotaIsToldWhenToComeBack() throws Exception {
        serve(source);
        CompletableFuture<HttpResponse<String>> waiting =
                getAsync("/v1/convert?amount=1&from=USD&date=2021-05-18");
        calls(1);
        var until = CLOCK.instant().plusSeconds(40);
        source.last().answer().complete(new Failed(new RateError.OutOfQuota(until)));
        HttpResponse<String> answer = waiting.get(10, TimeUnit.SECONDS);
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).contains("41");
    }

    @Test
    void aWeekendSaysWhichDaysRatesItGot() throws Exception {
        serve(new EcbFetcher(HISTORY, CLOCK));
        assertThat(get("/v1/convert?amount=1&from=USD&date=2021-05-16").body())
                .contains("\"rate_date\":\"2021-05-14\"");
    }

    @Test
    void allMistakesAreToldAtOnce() throws Exception {
        serve(source);
        HttpResponse<String> answer =
                get("/v1/convert?amount=ten&from=$&from=USD&to=dollars!&date=18.5.2021&scale=2");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("invalid-request")
                .contains("{\"field\":\"amount\",\"detail\":\"must be a number")
                .contains("{\"field\":\"from\",\"detail\":\"say it once\"}")
                .contains("{\"field\":\"to\",\"detail\":\"must be")
                .contains("{\"field\":\"date\",\"detail\":\"must be")
                .contains("{\"field\":\"scale\",\"detail\":\"is not known here");
        assertThat(get("/v1/convert").body())
                .contains("{\"field\":\"amount\",\"detail\":\"is required\"}")
                .contains("{\"field\":\"from\",\"detail\":\"is required\"}");
    }

    @Test
    void whatCannotBeConvertedIsTheCallersAndWhatCannotBeHadNowIsNot() throws Exception {
        serve(source);
        HttpResponse<String> future = get("/v1/convert?amount=1&from=USD&date=2031-01-01");
        assertThat(future.statusCode()).isEqualTo(422);
        assertThat(future.body()).contains("not-convertible").contains("in the future");
        CompletableFuture<HttpResponse<String>> waiting =
                getAsync("/v1/convert?amount=1&from=USD&date=2021-05-18");
        calls(1);
        source.last().answer().complete(new Failed(new RateError.Unauthorized(401)));
        assertThat(waiting.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
        assertThat(waiting.get(10, TimeUnit.SECONDS).body())
                .contains("rates-unavailable")
                .contains("refused the API key");
    }

    @Test
    void theStreamAnswersTheSameMessagesAndSendsHeartbeats() throws Exception {
        serve(new EcbFetcher(HISTORY, CLOCK));
        BlockingQueue<String> frames = new LinkedBlockingQueue<>();
        WebSocket socket = connect(frames).get(10, TimeUnit.SECONDS);
        assertThat(frames.poll(10, TimeUnit.SECONDS)).isEqualTo(MessageWriter.HEARTBEAT);
        socket.writeTextMessage("garbage");
        socket.writeTextMessage(MessageWriter.HEARTBEAT);
        socket.writeTextMessage(MESSAGE);
        assertThat(answer(frames))
                .isEqualTo(
                        "{\"type\":\"message\",\"id\":7,\"payload\":{\"stake\":207.55195,\"currency\":\"EUR\","
                                + "\"date\":\"2026-01-02T03:04:05.678Z\",\"x\":1.0}}");
        assertThat(frames.poll(10, TimeUnit.SECONDS)).isEqualTo(MessageWriter.HEARTBEAT);
    }

    @Test
    void stoppingAnswersWhatIsInHandAndClosesTheStreamsWith1001() throws Exception {
        serve(source);
        BlockingQueue<String> frames = new LinkedBlockingQueue<>();
        WebSocket socket = connect(frames).get(10, TimeUnit.SECONDS);
        CompletableFuture<Short> closed = new CompletableFuture<>();
        socket.closeHandler(none -> closed.complete(socket.closeStatusCode()));
        socket.writeTextMessage(MESSAGE);
        calls(1);
        var stopped = routes.stop();
        source.last().answer().complete(ScriptedFetcher.got(DAY, "0.8", CLOCK.instant()));
        assertThat(answer(frames)).contains("\"stake\":202.936");
        assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo((short) 1001);
        stopped.await(10, TimeUnit.SECONDS);
    }

    @Test
    void whoDoesNotAskForAWebSocketIsToldSo() throws Exception {
        serve(source);
        HttpResponse<String> ordinary = get("/v1/convert/stream");
        assertThat(ordinary.statusCode()).isEqualTo(400);
        assertThat(ordinary.body()).contains("\"field\":\"Upgrade\"");
    }

    /** What a server does that lets everybody in. */
    private record Open(HttpServerRequest request) implements Responder {
        @Override
        public void problem(Problem problem) {
            ProblemWriter.headers(request.response(), problem, BasePath.NONE);
            json(
                    problem.kind().status(),
                    ProblemWriter.render(problem, BasePath.NONE, request.path(), "id-1"));
        }

        @Override
        public void json(int status, Buffer body) {
            request.response().setStatusCode(status).end(body);
        }

        @Override
        public Future<ServerWebSocket> upgrade() {
            return request.toWebSocket();
        }
    }

    private void serve(DayFetcher fetcher) throws Exception {
        var rates =
                new Rates(fetcher, CLOCK, new VertxTimers(vertx), metrics, Rates.Settings.DEFAULT);
        var converter = new Converter(rates, new Conversion(5, RoundingMode.DOWN));
        var answering = new Answering(converter, "EUR", CLOCK, metrics);
        routes = new ConvertRoutes(vertx, answering, CLOCK);
        server =
                vertx.createHttpServer()
                        .requestHandler(request -> answer(new Open(request)))
                        .listen(0, "127.0.0.1")
                        .await(10, TimeUnit.SECONDS);
    }

    private void answer(Responder asked) {
        if (asked.request().path().equals(ConvertRoutes.PATH)) {
            routes.convert(asked);
        } else {
            routes.stream(asked);
        }
    }

    /** Waits until the source has been asked so often. */
    private void calls(int count) throws InterruptedException {
        source.asked.acquire(count);
    }

    private URI uri(String scheme, String target) {
        return URI.create(scheme + "://127.0.0.1:" + server.actualPort() + target);
    }

    private HttpResponse<String> get(String target) throws Exception {
        return getAsync(target).get(10, TimeUnit.SECONDS);
    }

    private CompletableFuture<HttpResponse<String>> getAsync(String target) {
        HttpRequest request =
                HttpRequest.newBuilder(uri("http", target.replace("$", "%24"))).build();
        return http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    private CompletableFuture<WebSocket> connect(BlockingQueue<String> frames) {
        var socket = client.webSocket();
        socket.textMessageHandler(frames::add);
        return socket.connect(
                        new WebSocketConnectOptions()
                                .setHost("127.0.0.1")
                                .setPort(server.actualPort())
                                .setURI("/v1/convert/stream"))
                .toCompletionStage()
                .toCompletableFuture();
    }

    private static String answer(BlockingQueue<String> frames) throws InterruptedException {
        String frame = frames.poll(10, TimeUnit.SECONDS);
        while (MessageWriter.HEARTBEAT.equals(frame)) {
            frame = frames.poll(10, TimeUnit.SECONDS);
        }
        return frame;
    }
}
