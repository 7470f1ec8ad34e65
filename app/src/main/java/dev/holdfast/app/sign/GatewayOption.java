package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --url} and {@code --key}: which gateway, and as whom. */
public final class GatewayOption {
    private static final int MAX_PORT = 65_535;

    @Option(
            names = "--url",
            paramLabel = "U",
            defaultValue = "${env:HOLDFAST_URL:-http://127.0.0.1:8000}",
            description = "the gateway (default: $HOLDFAST_URL, else port 8000 of this machine)")
    public URI url = URI.create("http://127.0.0.1:8000");

    @Option(
            names = "--key",
            paramLabel = "K",
            defaultValue = "${env:HOLDFAST_KEY}",
            description =
                    "a client's key (default: $HOLDFAST_KEY; a loopback gateway may need none)")
    @Nullable String key;

    /** One that another option named. */
    public static GatewayOption of(URI url, @Nullable String key) {
        var gateway = new GatewayOption();
        gateway.url = url;
        gateway.key = key;
        return gateway;
    }

    public GatewayClient open() {
        if (url.getRawUserInfo() != null) {
            throw Failure.usage("holdfast: --url has a user in it; give a client's key with --key");
        }
        boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
        boolean more = url.getRawQuery() != null || url.getRawFragment() != null;
        boolean port = url.getPort() == -1 || (url.getPort() > 0 && url.getPort() <= MAX_PORT);
        if (!http || url.getHost() == null || !port || more) {
            throw Failure.usage(
                    "holdfast: --url must be http://HOST:PORT or https://HOST, not " + url);
        }
        return new GatewayClient(url, checkedKey());
    }

    /** A key out of a file often has the file's newline; what is in it is never shown. */
    private @Nullable String checkedKey() {
        String stripped = key == null ? "" : key.strip();
        if (!stripped.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw Failure.usage(
                    "holdfast: the key of --key or HOLDFAST_KEY has a character that no key has"
                            + " (a blank, a line break, a letter beyond ASCII)");
        }
        return stripped.isEmpty() ? null : stripped;
    }
}
