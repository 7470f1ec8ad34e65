package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.util.List;
import java.util.Map;

/** All that was configured; docs/configuration.md has every key. */
public record Settings(
        ServerSettings server,
        StoreSettings store,
        List<ClientSettings> clients,
        Map<String, UpstreamSettings> upstreams,
        List<RouteSettings> routes,
        WebhookSettings webhooks,
        RatesSettings rates,
        LoggingSettings logging,
        TracingSettings tracing) {

    static Settings read(Section root) {
        ServerSettings server = ServerSettings.read(root.section("server"));
        StoreSettings store = StoreSettings.read(root.section("store"));
        List<ClientSettings> clients = ClientSettings.readAll(root);
        Map<String, UpstreamSettings> upstreams = UpstreamSettings.readAll(root);
        return new Settings(
                server,
                store,
                clients,
                upstreams,
                RouteSettings.readAll(root, upstreams),
                WebhookSettings.read(root.section("webhooks")),
                RatesSettings.read(root.section("rates")),
                LoggingSettings.read(root.section("logging")),
                TracingSettings.read(root.section("tracing")));
    }
}
