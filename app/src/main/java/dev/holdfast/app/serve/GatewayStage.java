package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.RouteDoor;
import dev.holdfast.gateway.console.Console;
import dev.holdfast.gateway.server.Authenticator;
import dev.holdfast.gateway.server.Endpoint;
import dev.holdfast.http.Problem;
import dev.holdfast.rates.feed.ConvertRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** Last: whoever may ask, the converter, console and gateway. */
record GatewayStage(int port, Gateway gateway, ComparedPage compared) {
    /** Longest time that starting may take. */
    private static final Duration START_WITHIN = Duration.ofSeconds(30);

    /** Longest time that the converter gets to answer what it has in hand. */
    private static final Duration CONVERTER_WITHIN = Duration.ofSeconds(5);

    static GatewayStage open(Settings settings, StoreStage on, EngineStage running, Shutdown end) {
        Engine engine = running.engine();
        ConverterSide converter = running.converter();
        MeterRegistry registry = on.seen().registry();
        List<Endpoint> others = new ArrayList<>();
        if (converter == null) {
            others.add(noConverter(registry));
        } else {
            Shutdown.await(converter.start(engine, on.store()).toCompletionStage(), START_WITHIN);
            others.addAll(endpoints(converter.routes(), registry));
            ConverterMeters.bind(converter.metrics(), registry, on.store().wall());
        }
        var console =
                new Console(
                        on.vertx(),
                        engine,
                        converter == null ? null : converter.page(),
                        Packaged.version());
        others.addAll(console.endpoints(registry));
        console.start();
        var compared = new ComparedPage(on, settings);
        end.push(compared::close);
        others.add(compared.endpoint(registry));
        Gateway gateway = gateway(settings, on, running, others);
        int port = listen(settings, gateway);
        end.push(() -> Shutdown.await(gateway.stop().toCompletionStage(), Shutdown.CLOSE_WITHIN));
        Thread.startVirtualThread(on.seen()::process);
        end.push(() -> Shutdown.await(console.stop(), Shutdown.CLOSE_WITHIN));
        // Before the gateway waits for its callers: they get their receipts at once.
        end.push(engine::release);
        if (converter != null) {
            // Before the gateway waits for its callers: the feed gets its close frame within 5 s.
            end.push(() -> Shutdown.await(converter.stop().toCompletionStage(), CONVERTER_WITHIN));
        }
        end.push(gateway::release);
        return new GatewayStage(port, gateway, compared);
    }

    private static Gateway gateway(
            Settings settings, StoreStage on, EngineStage running, List<Endpoint> others) {
        boolean open = settings.server().loopback() && !on.clients().anyEver();
        return new Gateway(
                on.vertx(),
                ListenerSide.of(settings.server(), EventLoops.count()),
                running.engine(),
                doors(settings),
                new Authenticator(on.clients(), open),
                running.webhooks().ports(),
                on.seen().registry(),
                others,
                on.seen().requests());
    }

    private static List<Endpoint> endpoints(ConvertRoutes routes, MeterRegistry registry) {
        Endpoint.Action convert = (exchange, _) -> routes.convert(exchange);
        Endpoint.Action stream = (exchange, _) -> routes.stream(exchange);
        return List.of(
                new Endpoint(
                        ConvertRoutes.PATH,
                        Endpoint.Access.CLIENT,
                        Map.of(HttpMethod.GET, convert),
                        registry),
                new Endpoint(
                        ConvertRoutes.STREAM_PATH,
                        Endpoint.Access.CLIENT,
                        Map.of(HttpMethod.GET, stream),
                        registry));
    }

    /** Says what is missing where there is no converter. */
    private static Endpoint noConverter(MeterRegistry registry) {
        return new Endpoint(
                ConvertRoutes.PATH,
                Endpoint.Access.CLIENT,
                Map.of(
                        HttpMethod.GET,
                        (exchange, _) ->
                                exchange.problem(
                                        new Problem.Plain(
                                                Problem.Kind.NOT_FOUND,
                                                "This gateway has no converter: set rates.feed in"
                                                        + " its configuration, or ask one that"
                                                        + " runs holdfast rates."))),
                registry);
    }

    static List<RouteDoor> doors(Settings settings) {
        return settings.routes().stream().map(route -> Policies.door(route, settings)).toList();
    }

    private static int listen(Settings settings, Gateway gateway) {
        Future<Integer> listening = gateway.start();
        try {
            return listening
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(START_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof BindException bind) {
                throw Failure.failed("holdfast: " + ListenerSide.refused(settings.server(), bind));
            }
            throw Failure.failed("holdfast: cannot listen: " + reason(e));
        }
    }

    private static String reason(CompletionException e) {
        return String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage());
    }
}
