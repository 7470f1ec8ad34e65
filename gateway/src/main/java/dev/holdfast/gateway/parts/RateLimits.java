package dev.holdfast.gateway.parts;

import dev.holdfast.engine.Engine;
import dev.holdfast.engine.UpstreamView;
import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.http.ProblemWriter;
import dev.holdfast.quota.Window;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells callers of an upstream's quota: {@code RateLimit} and {@code RateLimit-Policy}, structured
 * fields (draft-ietf-httpapi-ratelimit-headers-10, RFC 9651).
 */
public final class RateLimits {
    /** How old what is told may be; thousands of receipts a second need not ask anew. */
    static final Duration FRESH = Duration.ofMillis(50);

    private final Engine engine;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    /** An upstream's headers, as they were. */
    public record Told(String policy, String limit) {}

    private record Known(Optional<Told> told, long nanos) {}

    public RateLimits(Engine engine) {
        this.engine = engine;
    }

    /** The headers for an upstream; empty if it has no quota. */
    public CompletionStage<Optional<Told>> of(String upstream) {
        Known last = known.get(upstream);
        if (last != null && System.nanoTime() - last.nanos() < FRESH.toNanos()) {
            return CompletableFuture.completedFuture(last.told());
        }
        return engine.glance(upstream)
                .thenApply(
                        view -> {
                            Optional<Told> told =
                                    view.filter(RateLimits::hasQuota)
                                            .map(v -> new Told(policy(v), limit(v)));
                            known.put(upstream, new Known(told, System.nanoTime()));
                            return told;
                        });
    }

    private static boolean hasQuota(UpstreamView view) {
        return !windows(view).isEmpty() || !view.units().isEmpty();
    }

    /** Each window's limit and length; the windows of one upstream are told apart by length. */
    public static String policy(UpstreamView view) {
        StringBuilder out = new StringBuilder();
        List<Window> windows = windows(view);
        for (Window window : windows) {
            out.append(out.isEmpty() ? "" : ", ");
            name(out, view.name(), window, windows.size(), "");
            policy(out, window);
        }
        for (UpstreamView.UnitView unit : view.units()) {
            List<Window> all = unit.quota().windows();
            for (Window window : all) {
                out.append(out.isEmpty() ? "" : ", ");
                name(out, view.name(), window, all.size(), unit.unit());
                policy(out, window);
                out.append(";qu=\"").append(unit.unit()).append('"');
            }
        }
        return out.toString();
    }

    /**
     * The windows that hold for its calls: its own and, of lengths that all of its credentials have
     * that take calls, what these allow together.
     */
    private static List<Window> windows(UpstreamView view) {
        List<CredentialView> used =
                view.credentials().stream().filter(CredentialView::isUsed).toList();
        if (used.isEmpty()) {
            return view.quota().windows();
        }
        Map<Duration, Window> all = new LinkedHashMap<>();
        view.quota().windows().forEach(window -> tighter(all, window));
        for (Window window : used.getFirst().quota().windows()) {
            long limit = 0;
            boolean everywhere = true;
            for (CredentialView one : used) {
                OptionalInt its =
                        one.quota().windows().stream()
                                .filter(other -> other.length().equals(window.length()))
                                .mapToInt(Window::limit)
                                .min();
                everywhere &= its.isPresent();
                limit = Math.min(Integer.MAX_VALUE, limit + its.orElse(0));
            }
            if (everywhere) {
                tighter(all, new Window((int) limit, window.length()));
            }
        }
        return List.copyOf(all.values());
    }

    private static void tighter(Map<Duration, Window> all, Window window) {
        all.merge(window.length(), window, (one, two) -> one.limit() <= two.limit() ? one : two);
    }

    static void policy(StringBuilder out, Window window) {
        out.append(";q=").append(window.limit());
        out.append(";w=").append(Math.max(1, window.length().toSeconds()));
    }

    /** What is free of the window that is the tightest now, and of each other unit. */
    public static String limit(UpstreamView view) {
        StringBuilder out = new StringBuilder();
        List<Window> windows = windows(view);
        if (!windows.isEmpty()) {
            name(out, view.name(), windows.getFirst(), windows.size(), "");
            out.append(";r=").append(view.freeSlots());
            if (view.freeSlots() == 0 && view.nextSlotIn() != null) {
                out.append(";t=").append(ProblemWriter.seconds(view.nextSlotIn()));
            }
        }
        view.units().forEach(unit -> limit(out, view.name(), unit));
        return out.toString();
    }

    private static void limit(StringBuilder out, String upstream, UpstreamView.UnitView unit) {
        List<Window> windows = unit.quota().windows();
        int tightest = 0;
        for (int i = 1; i < windows.size(); i++) {
            tightest = left(unit, i) < left(unit, tightest) ? i : tightest;
        }
        out.append(out.isEmpty() ? "" : ", ");
        name(out, upstream, windows.get(tightest), windows.size(), unit.unit());
        out.append(";r=").append(left(unit, tightest));
    }

    private static long left(UpstreamView.UnitView unit, int window) {
        return Math.max(0, unit.quota().windows().get(window).limit() - unit.taken().get(window));
    }

    static void name(StringBuilder out, String upstream, Window window, int windows, String unit) {
        out.append('"');
        for (int i = 0; i < upstream.length(); i++) {
            char c = upstream.charAt(i);
            out.append(c >= ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '_');
        }
        if (windows > 1) {
            out.append('-').append(window.length().toSeconds()).append('s');
        }
        if (!unit.isEmpty()) {
            out.append('-').append(unit);
        }
        out.append('"');
    }
}
