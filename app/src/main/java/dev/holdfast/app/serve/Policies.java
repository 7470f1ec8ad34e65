package dev.holdfast.app.serve;

import dev.holdfast.app.config.CallSettings;
import dev.holdfast.app.config.ParamSettings;
import dev.holdfast.app.config.PassSettings;
import dev.holdfast.app.config.QuotaSettings;
import dev.holdfast.app.config.RouteSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.TlsSettings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.config.WebhookSettings;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.engine.UpstreamPolicy;
import dev.holdfast.gateway.RouteDoor;
import dev.holdfast.gateway.pass.PassRoute;
import dev.holdfast.gateway.server.HeadLimits;
import dev.holdfast.outbound.HttpCallTemplate;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.outbound.OutboundTls;
import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Body;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.wire.PathTemplate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Turns what was configured into what the parts take. Pure. */
public final class Policies {
    private static final Duration LEASE_ROOM = Duration.ofSeconds(30);

    /** What is passed on of a request is in its head, and in a body at hand. */
    private static final int MOST_PASSED_BYTES =
            HeadLimits.MAX_REQUEST_LINE_BYTES + HeadLimits.MAX_HEADER_BYTES + Body.MAX_INLINE_BYTES;

    private Policies() {}

    /**
     * @param identities give what tells upstreams, and their credentials, from others
     */
    static List<UpstreamPolicy> upstreams(Settings settings, Identities identities) {
        List<UpstreamPolicy> policies = new ArrayList<>();
        for (UpstreamSettings upstream : settings.upstreams().values()) {
            UpstreamPolicy policy =
                    new UpstreamPolicy(
                                    upstream.name(),
                                    new Quota(upstream.quota().calls()),
                                    upstream.quota().byUnit(),
                                    upstream.concurrency(),
                                    upstream.timeout(),
                                    upstream.retry(),
                                    upstream.breaker(),
                                    upstream.shared(),
                                    settings.server().maxQueue(),
                                    identities.of(upstream))
                            .with(credentials(upstream, identities));
            var partition = upstream.partition();
            policies.add(
                    partition == null
                            ? policy
                            : policy.with(partition.rules()).measuring(partition.metrics()));
        }
        return policies;
    }

    private static List<ClaimAsk.Credential> credentials(
            UpstreamSettings upstream, Identities identities) {
        return upstream.credentials().stream()
                .map(
                        one ->
                                new ClaimAsk.Credential(
                                        one.name(),
                                        identities.of(upstream, one),
                                        new Quota(one.quota().calls()),
                                        one.quota().byUnit(),
                                        one.draining(),
                                        one.headers().keySet().stream()
                                                .map(name -> name.toLowerCase(Locale.ROOT))
                                                .collect(Collectors.toSet())))
                .toList();
    }

    static RoutePolicy route(RouteSettings route, Settings settings) {
        UpstreamSettings upstream = settings.upstreams().get(route.upstream());
        return new RoutePolicy(
                route.path(),
                route.upstream(),
                route.repeatable(),
                route.cache().ttl(),
                route.cache().maxEntries(),
                route.result(),
                route.costs(),
                upstream == null || upstream.partition() == null
                        ? null
                        : upstream.partition().by());
    }

    /** A parameter of a door, with what the call makes of it. */
    static RouteDoor.Param param(String name, ParamSettings param, CallSettings call) {
        Map<String, Set<String>> used = call.placeholders();
        Set<RouteDoor.Place> places = EnumSet.noneOf(RouteDoor.Place.class);
        boolean inPath = used.getOrDefault("path", Set.of()).contains(name);
        if (inPath) {
            places.add(RouteDoor.Place.PATH);
        }
        if (used.getOrDefault("headers", Set.of()).contains(name)) {
            places.add(RouteDoor.Place.HEADER);
        }
        // Without it there is no path to call.
        return new RouteDoor.Param(
                name, param.required() || inPath, param.maxBytes(), param.type(), places);
    }

    /** How an upstream is reached, with the calls of all routes that use it. */
    public static HttpUpstreamOptions http(UpstreamSettings upstream, List<RouteSettings> routes) {
        Map<String, HttpCallTemplate> calls = new HashMap<>();
        for (RouteSettings route : routes) {
            if (route.upstream().equals(upstream.name())) {
                calls.put(route.path(), call(route).costing(route.costs()));
            }
        }
        Map<String, Map<String, String>> credentials = new HashMap<>();
        upstream.credentials().forEach(one -> credentials.put(one.name(), one.headers()));
        return new HttpUpstreamOptions(
                upstream.url(),
                upstream.headers(),
                upstream.auth(),
                upstream.timeout(),
                upstream.verifyTls(),
                tls(upstream.tls()),
                upstream.concurrency(),
                calls,
                upstream.proxies(),
                credentials,
                mostSent(upstream, routes));
    }

    /** How much a call sends at most beside a body that follows its head, in bytes. */
    private static int mostSent(UpstreamSettings upstream, List<RouteSettings> routes) {
        long most = 0;
        for (RouteSettings route : routes) {
            if (route.upstream().equals(upstream.name())) {
                long params =
                        route.params().values().stream().mapToLong(ParamSettings::maxBytes).sum();
                most = Math.max(most, route.pass() == null ? params : MOST_PASSED_BYTES);
            }
        }
        return (int) Math.min(Integer.MAX_VALUE, most);
    }

    private static HttpCallTemplate call(RouteSettings route) {
        CallSettings call = route.call();
        AsItCame asItCame = asItCame(route);
        if (asItCame != null && asItCame.passes()) {
            return HttpCallTemplate.passing(
                    route.statuses(), route.repeatable(), route.result(), asItCame);
        }
        return new HttpCallTemplate(
                call.method(),
                call.path(),
                call.query(),
                call.headers(),
                call.body(),
                route.statuses(),
                route.repeatable(),
                route.result(),
                asItCame,
                route.maxResult(),
                Map.of());
    }

    private static @Nullable AsItCame asItCame(RouteSettings route) {
        PassSettings pass = route.pass();
        if (pass == null && route.result().from() != ResultShape.From.BYTES) {
            return null;
        }
        List<String> headers = pass == null ? List.of() : pass.answerHeaders();
        return new AsItCame(pass != null, HeaderChoice.ofAnswers(headers), route.maxResult());
    }

    /** How callers reach a route. */
    static RouteDoor door(RouteSettings route, Settings settings) {
        return new RouteDoor(
                route(route, settings),
                route.methods(),
                route.params().entrySet().stream()
                        .map(param -> param(param.getKey(), param.getValue(), route.call()))
                        .toList(),
                route.hold(),
                route.pass() == null ? null : passed(route, route.pass()));
    }

    private static PassRoute passed(RouteSettings route, PassSettings pass) {
        return new PassRoute(
                PathTemplate.parse(route.path()),
                pass.path(),
                pass.query(),
                PassRoute.choice(pass.headers()),
                pass.body(),
                pass.repeatable());
    }

    static OutboundTls tls(TlsSettings tls) {
        return new OutboundTls(path(tls.ca()), path(tls.certificate()), path(tls.key()));
    }

    private static @Nullable Path path(@Nullable String file) {
        return file == null ? null : Path.of(file);
    }

    /** What the store must remember: the longest window of any quota, each route's results. */
    static StoreOptions store(Settings settings) {
        Duration ledger =
                Stream.concat(
                                settings.upstreams().values().stream().flatMap(Policies::quotas),
                                Stream.of(new Quota(settings.rates().quota())))
                        .map(Quota::memory)
                        .max(Duration::compareTo)
                        .orElse(Duration.ZERO);
        Map<String, Long> entries = new HashMap<>();
        for (RouteSettings route : settings.routes()) {
            entries.put(route.path(), (long) route.cache().maxEntries());
        }
        return new StoreOptions(
                settings.store().retention(),
                ledger,
                entries,
                deliveryLease(settings.webhooks()),
                settings.store().maxKeptBytes(),
                settings.store().maxClientKeptBytes(),
                StoreOptions.USUAL_TOLD_AT_ONCE,
                true);
    }

    private static Stream<Quota> quotas(UpstreamSettings upstream) {
        Stream<QuotaSettings> partition =
                upstream.partition() == null
                        ? Stream.of()
                        : Stream.of(upstream.partition().quota());
        return Stream.of(
                        Stream.of(upstream.quota()),
                        partition,
                        upstream.credentials().stream().map(UpstreamSettings.Credential::quota))
                .flatMap(each -> each)
                .flatMap(Policies::quotas);
    }

    private static Stream<Quota> quotas(QuotaSettings quota) {
        return Stream.concat(Stream.of(new Quota(quota.calls())), quota.byUnit().values().stream());
    }

    /** Longer than a post may take, with room for a wait before it and for its write after it. */
    public static Duration deliveryLease(WebhookSettings webhooks) {
        Duration needed = webhooks.timeout().plus(LEASE_ROOM);
        Duration usual = StoreOptions.DEFAULT.deliveryLease();
        return needed.compareTo(usual) > 0 ? needed : usual;
    }

    /** The shapes of all routes' results, by path. */
    static Map<String, ResultShape> shapes(Settings settings) {
        Map<String, ResultShape> shapes = new HashMap<>();
        settings.routes().forEach(route -> shapes.put(route.path(), route.result()));
        return shapes;
    }
}
