package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.HeaderText;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.outbound.auth.Auth;
import dev.holdfast.pace.BreakerPolicy;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.PartitionBy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An API behind a quota.
 *
 * @param name what routes call it
 * @param url where it is; a path in it goes before each call's
 * @param headers sent with every call; may hold secrets
 * @param auth who calls, where the headers do not say it
 * @param quota its windows, all of which hold at once; empty for no limit
 * @param concurrency calls that may be under way at once
 * @param timeout longest time a call may take
 * @param verifyTls whether its certificate is checked
 * @param tls authorities and certificate of one's own
 * @param retry when a failed call is made again
 * @param breaker what follows when nobody is at home
 * @param shared share of each window that is left to others, 0 to less than 1; null if nobody else
 *     uses the quota
 * @param proxies which proxy its calls go through
 * @param credentials of which each call leaves with one; empty if the headers or {@code auth} say
 *     who calls
 * @param partition what is allowed each of those whose requests are told apart; null if none are
 */
public record UpstreamSettings(
        String name,
        URI url,
        Map<String, String> headers,
        Auth auth,
        QuotaSettings quota,
        int concurrency,
        Duration timeout,
        boolean verifyTls,
        TlsSettings tls,
        RetryPolicy retry,
        BreakerPolicy breaker,
        @Nullable Double shared,
        Proxies proxies,
        List<Credential> credentials,
        @Nullable Partitioned partition) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

    /** A pool larger than this is somebody's mistake: each claim looks at all of them. */
    private static final int MAX_CREDENTIALS = 64;

    private static final int MAX_CONCURRENCY = 10_000;
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofHours(1);

    /**
     * One of several credentials.
     *
     * @param name what it is called
     * @param headers that say who calls; secrets
     * @param quota what it allows
     * @param draining whether it takes nothing new
     */
    public record Credential(
            String name, Map<String, String> headers, QuotaSettings quota, boolean draining) {
        /** Never shows the headers' values. */
        @Override
        public String toString() {
            return "Credential[name=" + name + ", headers=" + headers.keySet() + "]";
        }
    }

    /** The names of the other units than calls that it, a credential or a partition counts. */
    public SortedMap<String, Quota> counted() {
        SortedMap<String, Quota> counted = new TreeMap<>();
        credentials.forEach(
                one ->
                        one.quota()
                                .byUnit()
                                .keySet()
                                .forEach(unit -> counted.put(unit, Quota.NONE)));
        if (partition != null) {
            counted.putAll(partition.quota().byUnit());
        }
        counted.putAll(quota.byUnit());
        return counted;
    }

    static Map<String, UpstreamSettings> readAll(Section root) {
        Map<String, UpstreamSettings> upstreams = new LinkedHashMap<>();
        root.map("upstreams", "URL")
                .forEach(
                        (name, section) -> {
                            if (!NAME.matcher(name).matches()) {
                                section.mistake(
                                        "", "a name is 1 to 64 letters, digits, `.`, `_`, `-`");
                            }
                            upstreams.put(name, read(name, section));
                        });
        return java.util.Collections.unmodifiableMap(upstreams);
    }

    private static UpstreamSettings read(String name, Section s) {
        URI url = readUrl(s);
        Map<String, String> headers = readHeaders(s);
        return new UpstreamSettings(
                name,
                url,
                headers,
                AuthSettings.read(s, headers),
                QuotaSettings.read(s),
                s.field("concurrency", "calls that may be under way at once")
                        .orElse("10")
                        .integer(1, MAX_CONCURRENCY),
                s.field("timeout", "longest time a call may take")
                        .orElse("30s")
                        .duration(SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
                s.field("verify-tls", "whether its certificate is checked").orElse("true").flag(),
                TlsSettings.read(s.section("tls")),
                RetrySettings.read(s.section("retry")),
                BreakerSetting.read(s.section("breaker")),
                SharedSetting.read(s.section("shared")),
                ProxySetting.read(s, "environment"),
                readCredentials(s, headers),
                s.has("partition") ? Partitioned.read(s.section("partition")) : null);
    }

    private static List<Credential> readCredentials(Section s, Map<String, String> sent) {
        List<Credential> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section one : s.list("credentials")) {
            Credential credential = readCredential(one);
            if (!names.add(credential.name())) {
                one.mistake("name", "`" + credential.name() + "` is the name of another one, too");
            }
            for (String header : credential.headers().keySet()) {
                if (sent.keySet().stream().anyMatch(header::equalsIgnoreCase)) {
                    one.mistake("headers", "`" + header + "` is in the upstream's `headers`, too");
                }
            }
            all.add(credential);
        }
        if (all.isEmpty()) {
            return List.of();
        }
        if (all.size() > MAX_CREDENTIALS) {
            s.mistake("credentials", "has more than " + MAX_CREDENTIALS);
        }
        if (all.stream().allMatch(Credential::draining)) {
            s.mistake("credentials", "has none that takes calls: all of them are `draining`");
        }
        for (String alone : List.of("auth", "shared")) {
            if (s.has(alone)) {
                s.mistake(alone, "cannot be where there are `credentials`");
            }
        }
        return List.copyOf(all);
    }

    private static Credential readCredential(Section s) {
        String name = s.field("name", "what it is called in logs and figures").required().text();
        if (!NAME.matcher(name).matches()) {
            s.mistake("name", "a name is 1 to 64 letters, digits, `.`, `_`, `-`");
        }
        Map<String, String> headers = readHeaders(s, true);
        if (headers.isEmpty()) {
            s.mistake("headers", "is missing: it says who calls");
        }
        return new Credential(
                name,
                headers,
                QuotaSettings.read(s),
                s.field("draining", "whether it takes nothing new; calls under way with it end")
                        .orElse("false")
                        .flag());
    }

    /**
     * How an upstream's requests are told apart, and what each part is allowed.
     *
     * @param by says whose a request is
     * @param quota its windows, beside the upstream's own
     * @param concurrency calls that may be under way at once
     * @param fifo whether they go one after the other
     * @param metrics keys of those that have figures of their own
     */
    public record Partitioned(
            PartitionBy by,
            QuotaSettings quota,
            int concurrency,
            boolean fifo,
            List<String> metrics) {
        /** Partitions that have figures of their own at most; each reading looks at each. */
        static final int MAX_METRICS = 100;

        private static final String TURNS = "turns";
        private static final String FIFO = "fifo";
        private static final PartitionBy CLIENT = PartitionBy.parse("{client}");

        static Partitioned read(Section s) {
            return new Partitioned(
                    s.field(
                                    "by",
                                    "whose a request is: a text with `{client}`,"
                                            + " `{header:x-tenant}` or, in braces, a parameter or a"
                                            + " variable of the path; at most 256 bytes")
                            .required()
                            .one("text", PartitionBy::parse, CLIENT),
                    QuotaSettings.read(s),
                    s.field("concurrency", "calls that each may have under way at once")
                            .orElse(Integer.toString(MAX_CONCURRENCY))
                            .integer(1, MAX_CONCURRENCY),
                    s.field(
                                    "order",
                                    "`turns`, or `fifo`: one after the other, and a retry holds its"
                                            + " successors")
                            .orElse(TURNS)
                            .one("`turns` or `fifo`", Partitioned::order, TURNS)
                            .equals(FIFO),
                    metrics(s));
        }

        private static List<String> metrics(Section s) {
            List<String> keys =
                    s
                            .field(
                                    "metrics",
                                    "keys of partitions that have figures of their own at"
                                            + " `/metrics`, at most "
                                            + MAX_METRICS
                                            + ": each is a label there")
                            .words("keys", Partitioned::key)
                            .stream()
                            .distinct()
                            .toList();
            if (keys.size() > MAX_METRICS) {
                s.mistake("metrics", "has more than " + MAX_METRICS + " keys");
            }
            return keys;
        }

        private static String key(String text) {
            String wrong = PartitionBy.wrong(text);
            if (wrong != null) {
                throw new IllegalArgumentException(wrong);
            }
            return text;
        }

        private static String order(String text) {
            if (!text.equals(TURNS) && !text.equals(FIFO)) {
                throw new IllegalArgumentException("is `turns` or `fifo`");
            }
            return text;
        }

        /** As the claims take it. */
        public PartitionRules rules() {
            return new PartitionRules(new Quota(quota.calls()), quota.byUnit(), concurrency, fifo);
        }
    }

    private static URI readUrl(Section s) {
        URI url =
                s.field("url", "where it is; a path in it goes before each call's")
                        .required()
                        .uri("http", "https");
        checkUrl(s, url);
        return url;
    }

    /** Whatever an upstream's URL may not hold is told before the gateway starts. */
    static void checkUrl(Section s, URI url) {
        if (url.getRawAuthority().indexOf('@') >= 0
                || url.getRawQuery() != null
                || url.getRawFragment() != null) {
            s.mistake(
                    "url",
                    "cannot hold credentials, a query or a fragment; use `headers`, and the"
                            + " route's `call.query`");
        }
    }

    static Map<String, String> readHeaders(Section s) {
        return readHeaders(s, false);
    }

    private static Map<String, String> readHeaders(Section s, boolean secret) {
        Map<String, String> headers =
                secret
                        ? s.secrets("headers", "a header that says who calls")
                        : s.sent("headers", "a header sent with every call");
        headers.forEach(
                (name, value) -> {
                    if (!HEADER.matcher(name).matches()) {
                        s.mistake("headers", "`" + name + "` cannot be a header's name");
                    }
                    String wrong = HeaderText.wrong(value);
                    if (wrong != null) {
                        s.mistake("headers", "`" + name + "` cannot be sent: " + wrong);
                    }
                });
        return Map.copyOf(headers);
    }

    /** Never shows the headers' values. */
    @Override
    public String toString() {
        return "UpstreamSettings[name="
                + name
                + ", url="
                + url
                + ", headers="
                + headers.keySet()
                + "]";
    }
}
