package dev.holdfast.gateway.parts;

import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.http.Headers;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A partition's own quota as items of {@link RateLimits}, told apart from its upstream's by their
 * names and by {@code pk}, the partition key: a byte sequence
 * (draft-ietf-httpapi-ratelimit-headers, RFC 9651 section 3.3.5), since a key may be any text.
 */
public final class PartitionLimits {
    private final String upstream;
    private final PartitionView view;
    private final StringBuilder policy = new StringBuilder();
    private final StringBuilder limit = new StringBuilder();

    private PartitionLimits(String upstream, PartitionView view) {
        this.upstream = upstream;
        this.view = view;
    }

    /**
     * Puts both fields on an answer, if there is anything to tell.
     *
     * @param told of the upstream, or null
     * @param partition the caller's own part of it, or null
     */
    public static void put(
            HttpServerResponse response,
            String upstream,
            RateLimits.@Nullable Told told,
            @Nullable PartitionView partition) {
        RateLimits.Told own = partition == null ? null : of(upstream, partition);
        if (own == null) {
            put(response, told);
        } else if (told == null) {
            put(response, own);
        } else {
            put(
                    response,
                    new RateLimits.Told(
                            told.policy() + ", " + own.policy(),
                            told.limit() + ", " + own.limit()));
        }
    }

    private static void put(HttpServerResponse response, RateLimits.@Nullable Told told) {
        if (told != null) {
            response.putHeader(Headers.RATE_LIMIT_POLICY, told.policy());
            response.putHeader(Headers.RATE_LIMIT, told.limit());
        }
    }

    /** What is told of a partition; null if it has no quota of its own. */
    static RateLimits.@Nullable Told of(String upstream, PartitionView view) {
        PartitionLimits limits = new PartitionLimits(upstream, view);
        limits.add("", view.rules().quota(), view.taken());
        for (Map.Entry<String, Quota> unit : view.rules().units().entrySet()) {
            limits.add(unit.getKey(), unit.getValue(), view.units().get(unit.getKey()));
        }
        return limits.policy.isEmpty()
                ? null
                : new RateLimits.Told(limits.policy.toString(), limits.limit.toString());
    }

    private void add(String unit, Quota quota, @Nullable List<Long> taken) {
        List<Window> windows = quota.windows();
        if (windows.isEmpty() || taken == null) {
            return;
        }
        int tightest = 0;
        for (int i = 0; i < windows.size(); i++) {
            begin(policy, windows, i, unit);
            RateLimits.policy(policy, windows.get(i));
            if (!unit.isEmpty()) {
                policy.append(";qu=\"").append(unit).append('"');
            }
            key(policy);
            tightest = left(windows, taken, i) < left(windows, taken, tightest) ? i : tightest;
        }
        begin(limit, windows, tightest, unit);
        if (unit.isEmpty()) {
            limit.append(";r=").append(view.freeSlots());
            if (view.freeSlots() == 0 && view.nextSlotIn() != null) {
                limit.append(";t=").append(ProblemWriter.seconds(view.nextSlotIn()));
            }
        } else {
            limit.append(";r=").append(left(windows, taken, tightest));
        }
        key(limit);
    }

    private static long left(List<Window> windows, List<Long> taken, int window) {
        return Math.max(0, windows.get(window).limit() - taken.get(window));
    }

    private void begin(StringBuilder out, List<Window> windows, int window, String unit) {
        out.append(out.isEmpty() ? "" : ", ");
        String name = upstream + "-partition";
        RateLimits.name(out, name, windows.get(window), windows.size(), unit);
    }

    private void key(StringBuilder out) {
        byte[] bytes = view.key().getBytes(StandardCharsets.UTF_8);
        out.append(";pk=:").append(Base64.getEncoder().encodeToString(bytes)).append(':');
    }
}
