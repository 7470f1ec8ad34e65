package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.Proxies;
import java.time.Duration;
import java.util.List;

/**
 * How callers are told.
 *
 * @param timeout longest time one try may take
 * @param schedule the wait before each try, from 0; the last one ends it
 * @param allowNetworks networks in CIDR notation that webhooks may reach though not public
 * @param proxies which proxy they go through
 * @param tls authorities and certificate of one's own
 */
public record WebhookSettings(
        Duration timeout,
        List<Duration> schedule,
        List<String> allowNetworks,
        Proxies proxies,
        TlsSettings tls) {
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(100);
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration LONGEST_WAIT = Duration.ofDays(30);

    static WebhookSettings read(Section s) {
        var webhooks =
                new WebhookSettings(
                        s.field("timeout", "longest time one try may take")
                                .orElse("15s")
                                .duration(SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
                        s.field("schedule", "wait before each try, varied by 20 %")
                                .orElse("0s, 5s, 5m, 30m, 2h, 5h, 10h, 14h, 20h, 24h")
                                .durations(Duration.ZERO, LONGEST_WAIT),
                        s.field(
                                        "allow-networks",
                                        "networks that webhooks may reach though not public, such as"
                                                + " `127.0.0.0/8`; none: public addresses only")
                                .orElse("")
                                .words("list of networks in CIDR notation", Cidr::checked),
                        ProxySetting.read(s, "none"),
                        TlsSettings.read(s.section("tls")));
        if (webhooks.schedule().isEmpty()) {
            s.mistake("schedule", "needs at least one try, such as [0s]");
        }
        return webhooks;
    }
}
