package dev.holdfast.app;

import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --url} and {@code --key}: which gateway, and as whom. */
final class GatewayOption {
    @Option(
            names = "--url",
            paramLabel = "U",
            defaultValue = "${env:HOLDFAST_URL:-http://127.0.0.1:8000}",
            description = "the gateway (default: $HOLDFAST_URL, else http://127.0.0.1:8000)")
    URI url = URI.create("http://127.0.0.1:8000");

    @Option(
            names = "--key",
            paramLabel = "K",
            defaultValue = "${env:HOLDFAST_KEY}",
            description =
                    "a client's key (default: $HOLDFAST_KEY; a loopback gateway may need none)")
    @Nullable String key;

    GatewayClient open() {
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        if (!http || url.getHost() == null) {
            throw Failure.usage(
                    "holdfast: --url must be http://HOST:PORT or https://HOST, not " + url);
        }
        return new GatewayClient(url, key == null || key.isEmpty() ? null : key);
    }
}
