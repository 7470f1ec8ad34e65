package dev.holdfast.gateway.console;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.store.Reads.CallRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream behind the console: looks at the engine at a steady pace and tells all viewers the
 * same. While nobody looks, it only keeps the charts' points. On one event loop.
 */
final class Live {
    private static final Logger LOG = LoggerFactory.getLogger(Live.class);

    /** Looks for each point of the history. */
    static final int LOOKS_A_POINT = 2;

    /** Streams open at once; one more is refused. */
    static final int MAX_VIEWERS = 32;

    /** Of more clients no list is sent: whoever looks for one types its name. */
    static final int MAX_CLIENTS = 200;

    /** Calls that are told of each upstream, in flight and settled each. */
    static final int MAX_CALLS = 120;

    /** Calls are told until their slot has been free for this share of the window. */
    static final double PAST = 1.0;

    /** How far back calls to an upstream without a quota are told. */
    static final Duration PAST_WITHOUT_QUOTA = Duration.ofSeconds(60);

    private final Vertx vertx;
    private final Engine engine;
    private final Executor readers;
    private final @Nullable ConverterView converter;
    private final String version;
    private final LiveJson json = new LiveJson();
    private final Context loop;

    // The following only on the loop.
    private final History history = new History();
    private final List<LiveViewer> viewers = new ArrayList<>();
    private long timer = -1;
    private long looks;
    private boolean looking;
    private boolean stopped;
    private long toldMessage;
    private ConverterView.@Nullable RateTable toldRates;

    Live(
            Vertx vertx,
            Engine engine,
            Executor readers,
            @Nullable ConverterView converter,
            String version) {
        this.vertx = vertx;
        this.engine = engine;
        this.readers = readers;
        this.converter = converter;
        this.version = version;
        loop = vertx.getOrCreateContext();
    }

    private List<String> routes() {
        return engine.routes().stream().map(route -> route.path()).toList();
    }

    void start() {
        loop.runOnContext(
                _ -> timer = vertx.setPeriodic(LiveJson.INTERVAL.toMillis(), _ -> look()));
    }

    /** Ends all streams; done when nothing more is written. */
    CompletableFuture<Void> stop() {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.runOnContext(
                _ -> {
                    stopped = true;
                    vertx.cancelTimer(timer);
                    List.copyOf(viewers).forEach(LiveViewer::end);
                    viewers.clear();
                    done.complete(null);
                });
        return done;
    }

    /** Opens a stream for one who may see all; on the connection's event loop. */
    void open(Exchange exchange) {
        LiveViewer viewer = new LiveViewer(vertx, exchange, this::left);
        readers.execute(
                () -> {
                    Collection<String> clients = clients();
                    loop.runOnContext(_ -> admit(viewer, clients));
                });
    }

    private void admit(LiveViewer viewer, Collection<String> clients) {
        if (stopped || viewers.size() >= MAX_VIEWERS) {
            viewer.refuse();
            return;
        }
        Map<String, List<History.Point>> points = new LinkedHashMap<>();
        history.upstreams().forEach(name -> points.put(name, history.of(name)));
        viewers.add(viewer);
        viewer.begin(json.hello(version, routes(), clients, points, converter));
        look();
    }

    private void left(LiveViewer viewer) {
        loop.runOnContext(_ -> viewers.remove(viewer));
    }

    /** Their names to choose from; none if they are too many to choose from. */
    private Collection<String> clients() {
        try {
            Collection<String> names = engine.store().clients().names().values();
            return names.size() > MAX_CLIENTS ? List.of() : new TreeSet<>(names);
        } catch (StoreUnavailable e) {
            return List.of();
        }
    }

    private void look() {
        boolean point = looks++ % LOOKS_A_POINT == 0;
        if (looking || (!point && viewers.isEmpty())) {
            return;
        }
        looking = true;
        engine.upstreams()
                .thenApplyAsync(this::frame, readers)
                .whenComplete(
                        (frame, error) ->
                                loop.runOnContext(
                                        _ -> {
                                            looking = false;
                                            if (frame == null) {
                                                LOG.warn("the console cannot look", error);
                                            } else {
                                                seen(frame, point);
                                            }
                                        }));
    }

    private void seen(Frame frame, boolean point) {
        if (point) {
            history.add(frame.upstreams(), frame.at());
        }
        if (viewers.isEmpty()) {
            return;
        }
        LiveJson.Fresh fresh = fresh();
        String data = json.frame(frame, converter == null ? null : converter.snapshot(), fresh);
        List.copyOf(viewers).forEach(viewer -> viewer.tell(data));
    }

    private LiveJson.Fresh fresh() {
        if (converter == null) {
            return LiveJson.Fresh.NOTHING;
        }
        List<ConverterView.Message> messages =
                converter.messages().stream()
                        .filter(message -> message.number() > toldMessage)
                        .toList();
        if (!messages.isEmpty()) {
            toldMessage = messages.getLast().number();
        }
        ConverterView.RateTable rates = converter.rates();
        boolean news = rates != null && !rates.equals(toldRates);
        toldRates = rates;
        return new LiveJson.Fresh(messages, news ? rates : null);
    }

    private Frame frame(List<UpstreamView> upstreams) {
        Store store = engine.store();
        Map<String, List<CallRecord>> calls = new HashMap<>();
        Map<String, Instant> starts = new HashMap<>();
        boolean works = store.healthy();
        Instant steady = store.clock().instant();
        try {
            for (UpstreamView view : upstreams) {
                Instant since = steady.minus(past(view.quota()));
                calls.put(view.name(), store.reads().calls(view.name(), since, MAX_CALLS));
                if (view.scheduled() > 0) {
                    store.reads()
                            .nextStart(view.name())
                            .ifPresent(next -> starts.put(view.name(), next));
                }
            }
        } catch (StoreUnavailable e) {
            works = false;
        }
        return new Frame(
                store.wall().instant(),
                steady,
                upstreams,
                calls,
                starts,
                store.deliveries().pending(),
                works);
    }

    private static Duration past(Quota quota) {
        return quota.windows().stream()
                .map(Window::length)
                .min(Duration::compareTo)
                .map(shortest -> shortest.plusMillis((long) (shortest.toMillis() * PAST)))
                .orElse(PAST_WITHOUT_QUOTA);
    }
}
