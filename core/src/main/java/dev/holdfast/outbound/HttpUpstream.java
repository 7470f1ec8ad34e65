package dev.holdfast.outbound;

import dev.holdfast.engine.Upstream;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.outbound.auth.Tokens;
import dev.holdfast.outbound.body.AnswerRoom;
import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.outbound.body.PassedCall;
import dev.holdfast.outbound.body.PatientContents;
import dev.holdfast.outbound.body.PieceStream;
import dev.holdfast.outbound.body.Pieces;
import dev.holdfast.outbound.http.ConnectionLimits;
import dev.holdfast.outbound.http.Connections;
import dev.holdfast.outbound.http.Proxy;
import dev.holdfast.outbound.http.WireCounts;
import dev.holdfast.request.Body;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An API behind HTTP/1.1. One {@link #call} sends at most one request: nothing is sent again, no
 * redirect is followed, so that the quota's ledger stays true (P1).
 */
public final class HttpUpstream implements Upstream, AutoCloseable {
    /** How long an unused connection is kept; short, since servers close theirs unannounced. */
    static final int KEEP_ALIVE_SECONDS = 15;

    /** Longest wait for a TCP connection, and again for TLS on it. */
    static final int MAX_CONNECT_MILLIS = 10_000;

    /** Longest wait for a connection that is only to tell whether there is one. */
    private static final int KNOCK_MILLIS = 1_000;

    /** Largest head of an answer, in bytes. */
    static final int MAX_HEAD_BYTES = 32 << 10;

    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    /** Large answers that are looked through at once in a process. */
    private static final int LARGE_AT_ONCE = 2;

    /** Longest time that looking through one takes before the log says so. */
    private static final long LARGE_SECONDS = 120;

    private static final Logger LOG = LoggerFactory.getLogger(HttpUpstream.class);
    private static final Set<String> HAVE_A_BODY = Set.of("POST", "PUT", "PATCH");

    private final HttpUpstreamOptions options;
    private final Map<String, PreparedCall> calls = new HashMap<>();
    private final Contents contents;
    private final CallMemory memory;

    /** What its calls hold, in bytes. */
    private final AtomicLong holding = new AtomicLong();

    /** What is kept for calls that are claimed, in bytes. */
    private final AtomicLong reserved = new AtomicLong();

    private final Connections connections;
    private final TlsRenewal renewal;

    /** Look through large answers, a process's in turn. */
    private final WorkerExecutor readers;

    /** Only knocked at. */
    private final NetClient door;

    private final Vertx vertx;
    private final Context context;
    private final AnswerReader answers;
    private final Authority authority;
    private final boolean tls;
    private final int port;
    private final @Nullable Proxy proxy;
    private final @Nullable Connections tokenConnections;
    private final @Nullable Tokens tokens;
    private final InstantSource wall;
    private volatile @Nullable Consumer<Said> listener;
    private volatile Set<String> units = Set.of();

    /**
     * @param wall the clock that an answer's Retry-After date is compared with if the answer has no
     *     Date
     * @throws IllegalArgumentException for a call template that cannot work, naming its route
     */
    public HttpUpstream(Vertx vertx, HttpUpstreamOptions options, InstantSource wall) {
        this(vertx, options, wall, Contents.NONE, CallMemory.UNBOUNDED, () -> 0);
    }

    /**
     * The same of one whose calls and answers may have large bodies.
     *
     * @param contents where they are kept
     * @param memory bounds what its calls hold, and those of others that have the same
     * @param late for how long what callers ask waits to be read now, in nanoseconds: no connection
     *     is to be in its way
     * @throws IllegalArgumentException as above
     */
    public HttpUpstream(
            Vertx vertx,
            HttpUpstreamOptions options,
            InstantSource wall,
            Contents contents,
            CallMemory memory,
            LongSupplier late) {
        this.memory = memory;
        this.vertx = vertx;
        this.contents = new PatientContents(contents, vertx);
        this.wall = wall;
        this.options = options;
        this.answers = new AnswerReader(wall);
        URI url = options.url();
        tls = "https".equalsIgnoreCase(url.getScheme());
        authority = Authority.checked(url);
        port = authority.portOr(tls ? HTTPS : HTTP);
        proxy = options.proxies().of(tls, authority.host(), port);
        calls.putAll(prepared(options));
        context = ((VertxInternal) vertx).createEventLoopContext();
        connections = new Connections(vertx, context, netOptions(), limits(), late);
        switch (options.auth()) {
            case Auth.None _, Auth.Basic _ -> {
                tokenConnections = null;
                tokens = null;
            }
            case Auth.OAuth2 auth -> {
                tokenConnections = new Connections(vertx, context, netOptions(), limits());
                tokens = tokens(auth, tokenConnections);
            }
        }
        readers =
                vertx.createSharedWorkerExecutor(
                        "holdfast-answers", LARGE_AT_ONCE, LARGE_SECONDS, TimeUnit.SECONDS);
        renewal = new TlsRenewal(vertx, options.tls(), this::netOptions, this::renew);
        door = vertx.createNetClient(new NetClientOptions().setConnectTimeout(KNOCK_MILLIS));
    }

    private Tokens tokens(Auth.OAuth2 auth, Connections to) {
        // A call waits for it, and has at least half its time left then.
        long limit = Math.max(1, options.timeout().toMillis() / 2);
        var fetch = new TokenFetch(vertx, to, auth, options.proxies(), limit, wall);
        String named = auth.tokenUrl().getScheme() + "://" + auth.tokenUrl().getRawAuthority();
        return new Tokens(named, fetch, System::nanoTime, auth.early());
    }

    /**
     * Checks all that a start would, and opens nothing.
     *
     * @throws IllegalArgumentException for a call template that cannot work, naming its route
     */
    public static void check(HttpUpstreamOptions options) {
        prepared(options);
    }

    private static Map<String, PreparedCall> prepared(HttpUpstreamOptions options) {
        Map<String, PreparedCall> calls = new HashMap<>();
        options.calls()
                .forEach(
                        (route, template) -> {
                            try {
                                String path = options.url().getRawPath();
                                calls.put(route, new PreparedCall(path, template));
                            } catch (IllegalArgumentException e) {
                                throw new IllegalArgumentException(
                                        "route " + route + ": " + e.getMessage(), e);
                            }
                        });
        return calls;
    }

    private NetClientOptions netOptions() {
        int connectMillis = (int) Math.min(options.timeout().toMillis(), MAX_CONNECT_MILLIS);
        NetClientOptions client = new NetClientOptions();
        options.tls().into(client);
        return client
                // A handshake's arithmetic is not the event loop's work.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true))
                .setTrustAll(!options.verifyTls())
                .setHostnameVerificationAlgorithm(options.verifyTls() ? "HTTPS" : "")
                .setConnectTimeout(connectMillis)
                .setSslHandshakeTimeout(connectMillis)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    /**
     * Answers that are still being drained hold a connection, hence twice the calls. The engine
     * bounds those that wait.
     */
    private ConnectionLimits limits() {
        return new ConnectionLimits(
                2 * options.concurrency(),
                4 * options.concurrency(),
                Duration.ofSeconds(KEEP_ALIVE_SECONDS),
                MAX_HEAD_BYTES);
    }

    @Override
    public int room(int wanted) {
        long each = CallMemory.call(options.mostSent());
        int room = memory.reserve(wanted, holding.get(), each);
        reserved.addAndGet(room * each);
        return room;
    }

    @Override
    public void claimed() {
        memory.give(reserved.getAndSet(0));
    }

    @Override
    public CompletionStage<Outcome> call(Call call) {
        CompletableFuture<Outcome> called = new CompletableFuture<>();
        AnswerRoom room = new AnswerRoom(memory);
        long held = CallMemory.call(call.sent());
        holding.addAndGet(held);
        memory.take(held);
        Runnable end =
                () -> {
                    room.end();
                    memory.give(held);
                    holding.addAndGet(-held);
                };
        // Whoever completes `written` finds that there is room again.
        CompletableFuture<Outcome> outcome =
                called.thenApply(
                        how -> {
                            var _ = call.written().whenComplete((_, _) -> end.run());
                            return how;
                        });
        try {
            context.runOnContext(v -> send(call, room, called));
        } catch (RuntimeException closed) {
            called.complete(notSent());
        }
        return outcome;
    }

    private Future<?> renew(ClientSSLOptions with) {
        Future<?> renewed = connections.renew(with);
        return tokenConnections == null
                ? renewed
                : renewed.compose(_ -> tokenConnections.renew(with));
    }

    @Override
    public void listen(Set<String> units, Consumer<Said> listener) {
        this.units = Set.copyOf(units);
        this.listener = listener;
    }

    private Exchange.Ending heard(Call call, Exchange.Ending ending) {
        Consumer<Said> told = listener;
        if (told != null && ending instanceof Exchange.Answered answer) {
            QuotaHeaders.Read read = QuotaHeaders.read(answer.headers(), units, wall.instant());
            told.accept(new Said(call.requestId(), read.allowances(), read.units(), read.absurd()));
        }
        return ending;
    }

    /** Behind a proxy nobody can tell: it is the proxy that opens. */
    @Override
    public CompletionStage<Boolean> knock() {
        CompletableFuture<Boolean> open = new CompletableFuture<>();
        if (proxy != null) {
            open.complete(false);
            return open;
        }
        door.connect(port, authority.host())
                .onComplete(
                        connected -> {
                            open.complete(connected.succeeded());
                            if (connected.succeeded()) {
                                connected.result().close();
                            }
                        });
        return open;
    }

    private void send(Call call, AnswerRoom room, CompletableFuture<Outcome> outcome) {
        PreparedCall prepared = calls.get(call.route());
        if (prepared == null) {
            LOG.warn(
                    "a request for {} waits: that route does not use this upstream any more",
                    call.route());
            outcome.complete(notSent());
            return;
        }
        long limit = options.timeout().toMillis();
        if (call.headers().names().contains("authorization")) {
            leave(call, prepared, null, limit, room, outcome); // nothing waits for a token
            return;
        }
        switch (options.auth()) {
            case Auth.None() -> leave(call, prepared, null, limit, room, outcome);
            case Auth.Basic user -> leave(call, prepared, user.header(), limit, room, outcome);
            case Auth.OAuth2 _ ->
                    withToken(call, prepared, Objects.requireNonNull(tokens), room, outcome);
        }
    }

    private void withToken(
            Call call,
            PreparedCall prepared,
            Tokens known,
            AnswerRoom room,
            CompletableFuture<Outcome> outcome) {
        long asked = System.nanoTime();
        known.get(
                given -> {
                    switch (given) {
                        case Tokens.Given.Nothing(Duration pause) ->
                                outcome.complete(new Outcome.Uncalled(pause));
                        case Tokens.Given.Token(String token) -> {
                            CompletableFuture<Outcome> called = new CompletableFuture<>();
                            var _ = called.thenAccept(how -> outcome.complete(settled(token, how)));
                            long waited = (System.nanoTime() - asked) / 1_000_000;
                            long left = options.timeout().toMillis() - waited;
                            String bearer = "Bearer " + token;
                            leave(call, prepared, bearer, Math.max(1, left), room, called);
                        }
                    }
                });
    }

    /** What an answer says of the token that was called with; on the event loop. */
    private Outcome settled(String token, Outcome how) {
        return how instanceof Outcome.Unauthorized && Objects.requireNonNull(tokens).refused(token)
                ? new Outcome.Stale()
                : how;
    }

    private void leave(
            Call call,
            PreparedCall prepared,
            @Nullable String authorization,
            long timeoutMillis,
            AnswerRoom room,
            CompletableFuture<Outcome> outcome) {
        try {
            RequestOptions request = new RequestOptions();
            options.headers().forEach(request::putHeader);
            credential(call).forEach(request::putHeader);
            if (authorization != null) {
                request.putHeader("authorization", authorization);
            }
            boolean passes = prepared.template().passes();
            PreparedCall.Content content;
            if (passes) {
                String base = options.url().getRawPath();
                if (!PassedCall.fill(request, base, call.params())) {
                    throw new UnsendableException("its method, path or query cannot be passed on");
                }
                content = passed(call.body());
            } else {
                prepared.fill(request, call.all());
                content = prepared.content(call.all());
            }
            call.headers().values().forEach(request::putHeader);
            address(request, call, content);
            boolean repeatable =
                    prepared.template().repeatable()
                            || (passes && PassedCall.isSafe(call.params()));
            exchange(
                    prepared.template(),
                    request,
                    content,
                    call,
                    !repeatable,
                    timeoutMillis,
                    room,
                    outcome);
        } catch (UnsendableException e) {
            outcome.complete(unsendable(e.why()));
        } catch (RuntimeException e) {
            outcome.complete(notSent());
        }
    }

    /** What says who calls, where that is one of several. */
    private Map<String, String> credential(Call call) {
        if (options.credentials().isEmpty()) {
            return Map.of();
        }
        String name = call.credential();
        if (name == null && !call.headers().isEmpty()) {
            return Map.of(); // its partition's own say who calls
        }
        Map<String, String> headers = name == null ? null : options.credentials().get(name);
        if (headers == null) {
            throw new IllegalStateException("a call without a credential");
        }
        return headers;
    }

    private void exchange(
            HttpCallTemplate template,
            RequestOptions request,
            PreparedCall.Content content,
            Call call,
            boolean fresh,
            long timeoutMillis,
            AnswerRoom room,
            CompletableFuture<Outcome> outcome) {
        Promise<Exchange.Ending> ending = Promise.promise();
        ending.future()
                .map(how -> heard(call, how))
                .compose(how -> outcome(template, how, timeoutMillis))
                .onComplete(done -> outcome.complete(done.succeeded() ? done.result() : lost()));
        Pieces pieces =
                template.passes() && call.body() instanceof Body.Kept kept
                        ? new Pieces(contents, kept, context, timeoutMillis)
                        : null;
        new Exchange(
                        vertx,
                        connections,
                        request,
                        new Exchange.Plan(null, proxy, fresh),
                        new Exchange.Sending(content.bytes(), pieces),
                        status -> AnswerReader.wanted(template, status),
                        ending,
                        new Exchange.Keeping(this::keeping, room))
                .start(timeoutMillis);
    }

    /** What it means; a large answer is looked through before, elsewhere. */
    private Future<Outcome> outcome(
            HttpCallTemplate template, Exchange.Ending how, long withinMillis) {
        if (!(how instanceof Exchange.Answered answer)) {
            return Future.succeededFuture(answers.outcome(template, how));
        }
        if (!LargeAnswer.is(template, answer)) {
            Outcome outcome = answers.outcome(template, answer);
            if (!LargeAnswer.grows(template, answer, outcome)) {
                return Future.succeededFuture(swept(answer, outcome));
            }
        }
        InputStream raw =
                answer.kept() instanceof Body.Kept kept
                        ? new PieceStream(contents, kept, withinMillis)
                        : new ByteArrayInputStream(answer.body().getBytes());
        return readers.executeBlocking(
                        () -> LargeAnswer.read(template, answer, raw, this::keeping), false)
                .map(answer::with)
                .map(looked -> swept(looked, answers.outcome(template, looked)))
                .onFailure(_ -> swept(answer, lost()));
    }

    private Collecting keeping() {
        return new Collecting(contents, Contents.Owner.JOB, UUID.randomUUID());
    }

    /** Whatever was kept of an answer that nobody is going to refer to goes. */
    private Outcome swept(Exchange.Answered answer, Outcome outcome) {
        Original original =
                switch (outcome) {
                    case Outcome.Done(Result result, _) -> result.original();
                    case Outcome.Rejected refused -> refused.original();
                    default -> null;
                };
        Body referred = original == null ? null : original.body();
        Body text = answer.looked() == null ? null : answer.looked().text();
        Stream.of(answer.kept(), text)
                .distinct()
                .filter(kept -> kept instanceof Body.Kept && !kept.equals(referred))
                .forEach(kept -> contents.drop(((Body.Kept) kept).id()));
        return outcome;
    }

    /** What is passed on at once; a large body follows its head. */
    private static PreparedCall.Content passed(Body body) {
        return new PreparedCall.Content(
                null,
                body instanceof Body.Inline(byte[] bytes) ? Buffer.buffer(bytes) : Buffer.buffer());
    }

    private void address(RequestOptions request, Call call, PreparedCall.Content content) {
        request.setHost(authority.host()).setPort(port).setSsl(tls);
        putUnlessThere(request, "user-agent", "Holdfast");
        putUnlessThere(request, "x-request-id", call.requestId());
        putUnlessThere(request, "traceparent", call.traceparent());
        if (content.bytes().length() == 0 && HAVE_A_BODY.contains(request.getMethod().name())) {
            request.putHeader("content-length", "0");
        }
        if (content.type() != null) {
            putUnlessThere(request, "content-type", content.type());
        }
    }

    private static void putUnlessThere(
            RequestOptions request, String name, @Nullable String value) {
        if (value != null
                && (request.getHeaders() == null || !request.getHeaders().contains(name))) {
            request.putHeader(name, value);
        }
    }

    private static Outcome unsendable(String why) {
        return new Outcome.Unsendable(why);
    }

    private static Outcome notSent() {
        return new Outcome.Failed(Outcome.Why.REFUSED, null, null, false);
    }

    private static Outcome lost() {
        return new Outcome.Failed(Outcome.Why.GARBAGE, null, null, true);
    }

    /** What came on its connections besides answers. */
    public WireCounts wire() {
        return connections.count();
    }

    /** Whom it trusts and who it is. */
    TlsRenewal renewal() {
        return renewal;
    }

    /** Closes all connections; calls under way end as broken. */
    @Override
    public void close() {
        renewal.close();
        door.close();
        readers.close();
        connections.close();
        if (tokenConnections != null) {
            tokenConnections.close();
        }
    }

    /** Without headers: they are secret. */
    @Override
    public String toString() {
        return "HttpUpstream[" + options.url() + "]";
    }
}
