package dev.holdfast.app.config;

import dev.holdfast.app.yaml.DidYouMean;
import dev.holdfast.app.yaml.NodeJson;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.PartitionBy;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.wire.PathTemplate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A door for callers and the call behind it.
 *
 * @param path where callers ask
 * @param methods HTTP methods they may use
 * @param upstream name of the API that is called
 * @param call the call
 * @param params what callers give
 * @param statuses what the upstream's statuses mean
 * @param refused what {@code reject-on} names one by one
 * @param repeatable whether a call may be made again when its effect is not known
 * @param result how a result is shown
 * @param cache how long results are kept
 * @param maxResult largest result, in bytes
 * @param hold how long a caller who says nothing waits for the result; zero: as long as any answer
 *     takes
 * @param costs what its calls take of other units than calls, by their names
 * @param pass what is passed on as it comes; null where {@code call} and {@code params} say it
 */
public record RouteSettings(
        String path,
        Set<String> methods,
        String upstream,
        CallSettings call,
        Map<String, ParamSettings> params,
        StatusRules statuses,
        Set<Integer> refused,
        boolean repeatable,
        ResultShape result,
        CacheSettings cache,
        int maxResult,
        Duration hold,
        Map<String, CostRule> costs,
        @Nullable PassSettings pass) {
    private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");

    /** What may be passed on. */
    private static final List<String> PASSED =
            List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    private static final Duration LONGEST_HOLD = Duration.ofHours(1);
    private static final Set<Integer> USUALLY_DONE = Set.of(200);

    /** Methods whose calls have no effect that could happen twice (RFC 9110, section 9.2.1). */
    private static final Set<String> SAFE = Set.of("GET", "HEAD");

    /** Paths that belong to Holdfast itself. */
    private static final List<String> RESERVED =
            List.of(
                    "/v1",
                    "/livez",
                    "/readyz",
                    "/metrics",
                    "/openapi.yaml",
                    "/swagger",
                    "/console",
                    "/.well-known");

    /** What callers may send with any ask; a route cannot have parameters of these names. */
    private static final Set<String> RESERVED_PARAMS =
            Set.of(
                    "webhook_url",
                    "callback_url",
                    "webhookUrl",
                    "webhook_headers",
                    "client_request_id",
                    "clientRequestId",
                    "expires_in",
                    "priority",
                    "not_before");

    /** What an ask's answers carry beside the result; a result's field cannot have these names. */
    private static final Set<String> RESERVED_FIELDS =
            Set.of(
                    "id",
                    "status",
                    "attempts",
                    "created_at",
                    "completed_at",
                    "expires_at",
                    "client_request_id",
                    "position",
                    "estimated_seconds",
                    "last_status",
                    "waiting_for",
                    "links");

    static List<RouteSettings> readAll(Section root, Map<String, UpstreamSettings> upstreams) {
        List<RouteSettings> routes = new ArrayList<>();
        Set<String> doors = new HashSet<>();
        for (Section s : root.list("routes")) {
            RouteSettings route = read(s, upstreams);
            if (!route.path().isEmpty() && !doors.add(route.path())) {
                s.mistake("path", "`" + route.path() + "` is another route's path too");
            }
            collisions(s, route, routes);
            routes.add(route);
        }
        return List.copyOf(routes);
    }

    /** Two of which neither goes before the other, and a path that both could take. */
    private static void collisions(Section s, RouteSettings route, List<RouteSettings> others) {
        PathTemplate mine = template(route);
        for (RouteSettings other : others) {
            PathTemplate its = template(other);
            if (mine != null
                    && its != null
                    && !mine.text().equals(its.text())
                    && mine.collides(its)) {
                s.mistake(
                        "path",
                        "`"
                                + mine.text()
                                + "` and `"
                                + its.text()
                                + "` could both take the same path, and neither has the longer"
                                + " beginning without variables; change one of them");
            }
        }
    }

    private static @Nullable PathTemplate template(RouteSettings route) {
        return route.pass() == null || route.path().isEmpty()
                ? null
                : PathTemplate.parse(route.path());
    }

    /** Whether {@code reject-on} was given and has this status by itself. */
    public boolean namesInRejectOn(int status) {
        return refused.contains(status);
    }

    private static RouteSettings read(Section s, Map<String, UpstreamSettings> all) {
        Set<String> upstreams = all.keySet();
        boolean passes = s.has("pass");
        boolean explicit = s.has("call") || !passes;
        if (passes && s.has("call")) {
            s.mistake("pass", "passes the call on as it comes; take `call` or `pass` away");
        }
        String path =
                s.field(
                                "path",
                                "where callers ask; with `pass`, `{x}` is one segment and `{x...}`"
                                        + " at the end the rest. The longest beginning without"
                                        + " variables goes first")
                        .required()
                        .one(
                                "path that begins with /",
                                text -> passes ? checkedTemplate(text) : checkedPath(text),
                                "");
        Set<String> methods =
                Set.copyOf(
                        s.field(
                                        "methods",
                                        "HTTP methods callers may use; a HEAD is a GET without its"
                                                + " body. With `pass` all of them, and HEAD, when"
                                                + " not given")
                                .orElse(explicit ? "GET, POST" : String.join(", ", PASSED))
                                .words(
                                        explicit ? "GET, POST" : "HTTP methods",
                                        text -> checkedMethod(text, explicit)));
        String upstream =
                s.field("upstream", "name of the API that is called, one of `upstreams`")
                        .required()
                        .text();
        if (!upstream.isEmpty() && !upstreams.contains(upstream)) {
            s.mistake(
                    "upstream",
                    "there is no upstream `"
                            + upstream
                            + "`"
                            + DidYouMean.among(upstreams, upstream)
                                    .map(g -> "; did you mean `" + g + "`?")
                                    .orElse("; configured: " + String.join(", ", upstreams)));
        }
        UpstreamSettings at = all.get(upstream);
        PassSettings pass =
                passes
                        ? PassSettings.read(
                                s.section("pass"),
                                path.isEmpty() || explicit ? null : PathTemplate.parse(path))
                        : null;
        CallSettings call =
                explicit
                        ? CallSettings.read(s.section("call"))
                        : CallSettings.passed(methods, pass);
        Map<String, ParamSettings> params = readParams(s);
        if (!explicit && !params.isEmpty()) {
            s.mistake("params", "do not go with `pass`, which takes what comes");
        }
        if (explicit) {
            checkTemplates(s, call, params.keySet());
        }
        if (at != null && at.partition() != null && !path.isEmpty()) {
            checkPartition(
                    s,
                    at.partition().by(),
                    explicit ? params.keySet() : Set.copyOf(PathTemplate.parse(path).variables()));
        }
        List<Statuses> doneOn =
                s.field(
                                "done-on",
                                "statuses of the upstream that carry a result, also without a body")
                        .orElse("2xx")
                        .words(Statuses.TYPE, Statuses::parse);
        List<Statuses> rejectOn = readRejectOn(s, doneOn);
        StatusRules statuses = Statuses.rules(doneOn, rejectOn, VerdictSettings.read(s));
        boolean repeatable =
                s.field(
                                "repeatable",
                                "may be called again when it is not known whether a call took"
                                        + " effect; when not given: GET and HEAD true, else false."
                                        + " Where it is false, two asks are two calls")
                        .orElse(
                                Boolean.toString(
                                        explicit
                                                ? SAFE.contains(call.method())
                                                : SAFE.containsAll(methods)))
                        .flag();
        ResultShape result =
                explicit
                        ? readResult(s.section("result"), doneOn)
                        : new ResultShape("body", ResultShape.From.BYTES, Map.of());
        int maxResult =
                (int)
                        s.section("result")
                                .field(
                                        "max",
                                        "largest result, at most 64MiB; one over 1MiB is linked to")
                                .orElse("10MiB")
                                .bytes(1, Body.MAX_BYTES);
        Duration hold =
                s.field(
                                "hold",
                                "how long a caller who says nothing waits for the result, and the"
                                        + " longest that one may; 0: `server.answer-within`")
                        .orElse("0s")
                        .duration(Duration.ZERO, LONGEST_HOLD);
        CacheSettings cache = CacheSettings.read(s.section("cache"));
        if (!repeatable && !cache.ttl().isZero()) {
            s.section("cache")
                    .mistake(
                            "ttl",
                            "would answer a second ask with the first one's result, but the route"
                                    + " is not `repeatable`, so that two asks are two calls; take"
                                    + " one of them away");
        }
        return new RouteSettings(
                path,
                methods,
                upstream,
                call,
                params,
                statuses,
                Statuses.named(rejectOn),
                repeatable,
                result,
                cache,
                maxResult,
                hold,
                CostSettings.read(s, at == null ? null : at.counted()),
                explicit || pass == null
                        ? null
                        : s.has("repeatable") ? pass.repeatable(repeatable) : pass);
    }

    private static void checkPartition(Section s, PartitionBy by, Set<String> known) {
        for (String name : by.params()) {
            if (!known.contains(name)) {
                s.mistake(
                        "upstream",
                        "tells its partitions by `"
                                + by
                                + "`, and this route has no `"
                                + name
                                + "`; here: "
                                + (known.isEmpty() ? "none" : String.join(", ", known)));
            }
        }
    }

    private static String checkedTemplate(String path) {
        PathTemplate template = PathTemplate.parse(path);
        String first = "/" + template.segments().getFirst();
        if (RESERVED.contains(first) || template.segments().getFirst().startsWith("{")) {
            throw new IllegalArgumentException(
                    "begins with a segment of its own; "
                            + String.join(", ", RESERVED)
                            + " are Holdfast's own");
        }
        return path;
    }

    private static String checkedPath(String path) {
        if (!path.startsWith("/") || path.length() == 1) {
            throw new IllegalArgumentException("must begin with / and name something");
        }
        if (!path.matches("[A-Za-z0-9/._~-]+")) {
            throw new IllegalArgumentException("may hold letters, digits and / . _ ~ - only");
        }
        for (String reserved : RESERVED) {
            if (path.equals(reserved) || path.startsWith(reserved + "/")) {
                throw new IllegalArgumentException(reserved + " is Holdfast's own");
            }
        }
        return path;
    }

    private static String checkedMethod(String text, boolean explicit) {
        String method = text.toUpperCase(Locale.ROOT);
        if (explicit ? !METHODS.contains(method) : !PASSED.contains(method)) {
            throw new IllegalArgumentException(
                    "callers may use GET, "
                            + (explicit ? "" : "HEAD, ")
                            + "POST, PUT, PATCH and DELETE");
        }
        return method;
    }

    private static Map<String, ParamSettings> readParams(Section s) {
        Map<String, ParamSettings> params = new LinkedHashMap<>();
        s.map("params", "REQUIRED")
                .forEach(
                        (name, section) -> {
                            if (RESERVED_PARAMS.contains(name)) {
                                s.mistake(
                                        "params", "`" + name + "` has a meaning with every route");
                            }
                            params.put(name, ParamSettings.read(section));
                        });
        return java.util.Collections.unmodifiableMap(params);
    }

    private static void checkTemplates(Section s, CallSettings call, Set<String> params) {
        Section at = s.section("call");
        call.placeholders()
                .forEach(
                        (key, names) -> {
                            for (String name : names) {
                                if (!params.contains(name)) {
                                    at.mistake(
                                            key,
                                            "`{"
                                                    + name
                                                    + "}` is not one of the route's params"
                                                    + DidYouMean.among(params, name)
                                                            .map(
                                                                    g ->
                                                                            "; did you mean `{"
                                                                                    + g
                                                                                    + "}`?")
                                                            .orElse(""));
                                }
                            }
                        });
    }

    private static List<Statuses> readRejectOn(Section s, List<Statuses> doneOn) {
        List<Statuses> rejectOn =
                s.field(
                                "reject-on",
                                "statuses that are final failures; 401 and 429 never get here. When"
                                        + " not given: every other 3xx and 4xx but 408, 421, 425")
                        .orElse(Statuses.usualRefusals(doneOn))
                        .words(Statuses.TYPE, Statuses::parse);
        for (Statuses given : rejectOn) {
            if (given.isOne() && doneOn.stream().anyMatch(done -> done.has(given.first()))) {
                s.mistake("reject-on", given.first() + " is in `done-on` too");
            }
        }
        return rejectOn;
    }

    private static ResultShape readResult(Section s, List<Statuses> doneOn) {
        String field =
                s.field("field", "name of the result's field")
                        .orElse("result")
                        .one("text", RouteSettings::checkedField, "result");
        ResultShape.From from =
                s.field(
                                "from",
                                "where its value comes from: the answer's text, its JSON, its"
                                        + " status, or its bytes as they came, which are linked to")
                        .orElse("text")
                        .choice(ResultShape.From.class, ResultShape.From.TEXT);
        Map<Integer, String> values = new LinkedHashMap<>();
        s.texts(
                        "values",
                        "with `from: status`, the JSON value for each status of `done-on`; null for"
                                + " others of a class")
                .forEach(
                        (status, value) -> {
                            if (status.matches("[2-5][0-9]{2}")) {
                                values.put(Integer.valueOf(status), json(value));
                            } else if (!status.equals("NAME")) {
                                s.mistake("values", "`" + status + "` is not an HTTP status");
                            }
                        });
        if (from != ResultShape.From.STATUS && !values.isEmpty()) {
            s.mistake("values", "only go with `from: status`");
        }
        Set<Integer> named = Statuses.named(doneOn);
        if (from == ResultShape.From.STATUS
                && (values.isEmpty() || !values.keySet().containsAll(named))) {
            s.mistake(
                    "values",
                    "must give a value for each status of `done-on`: "
                            + (named.isEmpty() ? USUALLY_DONE : named));
        }
        return new ResultShape(field, from, values);
    }

    private static String checkedField(String name) {
        if (RESERVED_FIELDS.contains(name)) {
            throw new IllegalArgumentException("is a field of every answer; choose another name");
        }
        return name;
    }

    private static String json(String value) {
        return value.matches("true|false|null|-?(0|[1-9][0-9]*)(\\.[0-9]+)?")
                ? value
                : NodeJson.quoted(value);
    }
}
