package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.Proxies;

/** The {@code proxy} key of whatever makes calls. */
final class ProxySetting {
    private ProxySetting() {}

    /**
     * @param otherwise what holds when the key is not given, {@code environment} or {@code none}
     */
    static Proxies read(Section s, String otherwise) {
        return s.field(
                        "proxy",
                        "`environment`: as HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; `none`; or"
                                + " http://user:password@host:port")
                .orElse(otherwise)
                .neverQuoted()
                .one("environment, none or URL", text -> proxies(s, text), Proxies.NONE);
    }

    private static Proxies proxies(Section s, String text) {
        return switch (text) {
            case "none" -> Proxies.NONE;
            case "environment" -> Proxies.environment(s::environment);
            default -> {
                if (!text.contains("://")) {
                    throw new IllegalArgumentException(
                            "write environment, none or the proxy's URL");
                }
                yield Proxies.at(text);
            }
        };
    }
}
