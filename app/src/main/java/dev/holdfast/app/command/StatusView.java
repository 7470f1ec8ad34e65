package dev.holdfast.app.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.terminal.Progress;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code holdfast status} prints, from {@code /v1/upstreams} and {@code /metrics}.
 *
 * @param users who uses each upstream's quota, by its name, where that was asked for
 */
record StatusView(JsonNode upstreams, Map<String, JsonNode> users, Figures figures) {
    private static final int SLOT_BAR_CHARS = 20;

    /** Figures worth a line, by the name they are exported under. */
    private static final Map<String, String> LINES =
            Map.of(
                    "holdfast_deliveries_pending", "webhooks pending",
                    "holdfast_http_held", "answers held",
                    "holdfast_http_connections", "connections",
                    "holdfast_rates_messages_total", "messages converted",
                    "holdfast_rates_connected", "trade feed connected");

    String text() {
        var out = new StringBuilder();
        out.append(
                String.format(
                        Locale.ROOT,
                        "%-16s %-28s %8s %9s %8s %8s %8s%n",
                        "UPSTREAM",
                        "SLOTS",
                        "BACKLOG",
                        "NEXT SLOT",
                        "ETA",
                        "SUCCESS",
                        "LATENCY"));
        for (JsonNode upstream : upstreams.path("upstreams")) {
            out.append(line(upstream));
            JsonNode of = users.get(upstream.path("name").asText());
            out.append(of == null ? "" : users(of));
        }
        LINES.entrySet().stream()
                .filter(line -> figures.has(line.getKey()))
                .sorted(Map.Entry.comparingByValue())
                .forEach(
                        line ->
                                out.append(
                                        String.format(
                                                Locale.ROOT,
                                                "%-24s %d%n",
                                                line.getValue(),
                                                figures.whole(line.getKey()))));
        return out.toString();
    }

    private static String line(JsonNode upstream) {
        JsonNode latency = upstream.path("latency_ms");
        JsonNode backlog = upstream.path("backlog");
        int total = calls(upstream.path("quota"));
        return String.format(
                        Locale.ROOT,
                        "%-16s %-28s %8d %9s %8s %8s %8s%n",
                        upstream.path("name").asText()
                                + state(upstream.path("state").asText("open")),
                        bar(upstream.path("free_slots").asInt(), total),
                        backlog.path("queued").asLong() + backlog.path("retrying").asLong(),
                        seconds(upstream.path("next_slot_seconds")),
                        seconds(upstream.path("estimated_seconds")),
                        percent(upstream.path("success_rate")),
                        latency.isNumber() ? Math.round(latency.asDouble()) + " ms" : "-")
                + priorities(backlog, upstream.path("estimated_seconds_by_priority"))
                + oldest(upstream.path("oldest_waiting_seconds"))
                + scheduled(backlog.path("scheduled").asLong())
                + refused(upstream.path("partitions_refused").asBoolean())
                + partitions(upstream.path("partitions"))
                + units(upstream.path("quota"))
                + credentials(upstream.path("credentials"));
    }

    /** The limit of the first window that counts calls; 0 if none does. */
    private static int calls(JsonNode quota) {
        for (JsonNode window : quota) {
            if (!window.has("unit")) {
                return window.path("limit").asInt();
            }
        }
        return 0;
    }

    /** What is taken in other units than calls. */
    private static String units(JsonNode quota) {
        StringBuilder out = new StringBuilder();
        for (JsonNode window : quota) {
            if (window.has("unit")) {
                out.append(String.format(Locale.ROOT, "  %s%n", taken(window)));
            }
        }
        return out.toString();
    }

    /** Each of several, how it stands and what is taken of it. */
    private static String credentials(JsonNode credentials) {
        StringBuilder out = new StringBuilder();
        for (JsonNode one : credentials) {
            out.append("  credential ").append(one.path("name").asText());
            out.append(": ").append(one.path("state").asText());
            for (JsonNode window : one.path("quota")) {
                out.append(", ").append(taken(window));
            }
            out.append(System.lineSeparator());
        }
        return out.toString();
    }

    /** Who uses each window, most first. */
    private static String users(JsonNode windows) {
        StringBuilder out = new StringBuilder();
        for (JsonNode window : windows.path("windows")) {
            String what = window.path("unit").asText("calls");
            String length = seconds(window.path("window_seconds"));
            String back = window.path("looked_back_to").asText("");
            out.append(
                    window.has("limit")
                            ? "  " + taken(window) + ", by client:"
                            : "  " + what + " within " + length + ", by client:");
            out.append(window.path("clients").isEmpty() ? " none" : "");
            out.append(back.isEmpty() ? "" : " (since " + back + ")");
            out.append(System.lineSeparator());
            for (JsonNode one : window.path("clients")) {
                out.append(used(one.path("client").asText(), one));
            }
            JsonNode others = window.path("others");
            if (others.isObject()) {
                out.append(used(others.path("clients").asLong() + " others", others));
            }
        }
        return out.toString();
    }

    private static String used(String who, JsonNode of) {
        return String.format(Locale.ROOT, "    %-24s %8d%n", who, of.path("used").asLong());
    }

    private static String taken(JsonNode window) {
        return String.format(
                Locale.ROOT,
                "%d of %d %s taken within %s",
                window.path("taken").asLong(),
                window.path("limit").asLong(),
                window.path("unit").asText("calls"),
                seconds(window.path("window_seconds")));
    }

    /** Where all wait alike there is nothing to tell. */
    private static String priorities(JsonNode backlog, JsonNode eta) {
        long high = backlog.path("high").asLong();
        long low = backlog.path("low").asLong();
        return high + low == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "  waiting: %d high%s, %d normal%s, %d low%s%n",
                        high,
                        done(eta.path("high")),
                        backlog.path("normal").asLong(),
                        done(eta.path("normal")),
                        low,
                        done(eta.path("low")));
    }

    private static String done(JsonNode eta) {
        return eta.isNumber() ? " (done in " + seconds(eta) + ")" : "";
    }

    /** For how long the oldest has waited that could go; a second is no news. */
    private static String oldest(JsonNode seconds) {
        return seconds.asDouble() < 1
                ? ""
                : String.format(Locale.ROOT, "  the oldest has waited %s%n", seconds(seconds));
    }

    private static String scheduled(long jobs) {
        return jobs == 0 ? "" : String.format(Locale.ROOT, "  scheduled for later: %d%n", jobs);
    }

    private static String refused(boolean some) {
        return some
                ? String.format(Locale.ROOT, "  refuses the credential of some partition%n")
                : "";
    }

    /** How many there are of each kind; nothing of an upstream without, or with none yet. */
    private static String partitions(JsonNode counts) {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, JsonNode> each : counts.properties()) {
            if (each.getValue().asLong() > 0) {
                out.append(out.isEmpty() ? "  partitions: " : ", ");
                out.append(String.format(Locale.ROOT, "%,d ", each.getValue().asLong()));
                out.append(each.getKey());
            }
        }
        return out.isEmpty() ? "" : out.append(System.lineSeparator()).toString();
    }

    private static String state(String state) {
        return state.equals("open") ? "" : " (" + state + ")";
    }

    private static String bar(int free, int total) {
        if (total <= 0) {
            return "no quota";
        }
        int used = Math.max(0, total - free);
        int filled = (int) Math.round((double) SLOT_BAR_CHARS * used / total);
        return "["
                + "#".repeat(filled)
                + ".".repeat(SLOT_BAR_CHARS - filled)
                + "] "
                + used
                + "/"
                + total;
    }

    /** Shows a number of seconds as people read it, or a dash for none. */
    private static String seconds(JsonNode node) {
        return node.isNumber() ? Progress.clock(Math.round(node.asDouble())) : "-";
    }

    /** Shows a share as a percentage, or a dash for none. */
    private static String percent(JsonNode node) {
        return node.isNumber() ? String.format(Locale.ROOT, "%.0f %%", node.asDouble() * 100) : "-";
    }
}
