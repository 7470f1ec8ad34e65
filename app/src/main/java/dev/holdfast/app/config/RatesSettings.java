package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.outbound.Proxies;
import dev.holdfast.quota.Window;
import java.math.RoundingMode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The currency converter.
 *
 * @param feed WebSocket URL of the trade feed; null for none, then {@code serve} has no converter
 * @param source which rates API
 * @param url where that API is
 * @param apiKey its key, or null
 * @param quota the API's windows
 * @param target ISO 4217 code of the currency converted to
 * @param cache how long the newest day's rates are used
 * @param maxAge how long rates are valid on later days that have none
 * @param scale most decimals of an amount
 * @param rounding how amounts are brought to {@code scale}
 * @param verifyTls whether certificates of feed and API are checked
 * @param tls whom to trust beside the usual authorities, and who we are
 * @param proxies which proxy feed and API are reached through
 */
public record RatesSettings(
        @Nullable URI feed,
        Source source,
        URI url,
        @Nullable String apiKey,
        List<Window> quota,
        String target,
        Duration cache,
        Duration maxAge,
        int scale,
        RoundingMode rounding,
        boolean verifyTls,
        TlsSettings tls,
        Proxies proxies) {
    /** Where rates come from. */
    public enum Source {
        /** {@code api.freecurrencyapi.com}. */
        FREECURRENCYAPI("https://api.freecurrencyapi.com", true),
        /** {@code api.frankfurter.dev}, the ECB's rates without a key. */
        FRANKFURTER("https://api.frankfurter.dev", false),
        /** {@code api.exchangerate.host}. */
        EXCHANGERATE_HOST("https://api.exchangerate.host", true),
        /** The ECB's history that ships with Holdfast; makes no calls. */
        ECB("https://www.ecb.europa.eu", false);

        private final String url;
        private final boolean needsKey;

        Source(String url, boolean needsKey) {
            this.url = url;
            this.needsKey = needsKey;
        }

        /** Whether the API answers only with a key. */
        public boolean needsKey() {
            return needsKey;
        }
    }

    private static final int MAX_SCALE = 18;
    private static final Duration LONGEST_CACHE = Duration.ofDays(7);
    private static final Duration LONGEST_AGE = Duration.ofDays(366);

    static RatesSettings read(Section s) {
        URI feed =
                s.field("feed", "WebSocket URL of the trade feed; empty: `serve` has no converter")
                        .orElse("${CURRENCY_ASSIGNMENT_WS_URI:}")
                        .optionalUri("ws", "wss");
        Source source =
                s.field("source", "which rates API; `ecb` is offline history")
                        .orElse("freecurrencyapi")
                        .choice(Source.class, Source.FREECURRENCYAPI);
        String apiKey =
                checkedKey(
                        s,
                        s.field("api-key", "key for the rates API")
                                .orElse("${FREECURRENCY_API_KEY:}")
                                .optionalText());
        if (feed != null && source.needsKey && apiKey == null) {
            s.mistake(
                    "api-key",
                    "is missing: export FREECURRENCY_API_KEY=… or choose a `source` without a key"
                            + " (frankfurter, ecb)");
        }
        return new RatesSettings(
                feed,
                source,
                readUrl(s, source),
                apiKey,
                QuotaSettings.readCalls(s),
                s.field("target", "currency that amounts are converted to")
                        .orElse("EUR")
                        .one("ISO 4217 code", RatesSettings::checkedCurrency, "EUR"),
                s.field("cache", "how long the newest day's rates are used")
                        .orElse("2h")
                        .duration(Duration.ofSeconds(1), LONGEST_CACHE),
                s.field("max-age", "how long a day's rates are valid on later days that have none")
                        .orElse("7d")
                        .duration(Duration.ofDays(1), LONGEST_AGE),
                s.field("scale", "most decimals of a converted amount")
                        .orElse("5")
                        .integer(0, MAX_SCALE),
                s.field(
                                "rounding",
                                "how amounts are brought to `scale`, as java.math.RoundingMode has"
                                        + " it")
                        .orElse("DOWN")
                        .one(
                                "UP, DOWN, CEILING, FLOOR, HALF_UP, HALF_DOWN, HALF_EVEN",
                                RatesSettings::checkedRounding,
                                RoundingMode.DOWN),
                s.field("verify-tls", "whether certificates of feed and API are checked")
                        .orElse("${VERIFY_SSL:true}")
                        .flag(),
                TlsSettings.read(s.section("tls")),
                ProxySetting.read(s, "environment"));
    }

    private static URI readUrl(Section s, Source source) {
        URI url =
                s.field("url", "where the rates API is; when not given, the source's own address")
                        .orElse(source.url)
                        .uri("http", "https");
        UpstreamSettings.checkUrl(s, url);
        return url;
    }

    /** A key out of a file often has the file's newline; what is in it is never shown. */
    private static @Nullable String checkedKey(Section s, @Nullable String key) {
        String stripped = key == null ? "" : key.strip();
        if (!stripped.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            s.mistake("api-key", "has a character that no key has (a blank, a line break)");
            return null;
        }
        return stripped.isEmpty() ? null : stripped;
    }

    private static String checkedCurrency(String text) {
        if (!text.matches("[A-Z]{3}")) {
            throw new IllegalArgumentException("is not a currency code such as EUR");
        }
        return text;
    }

    private static RoundingMode checkedRounding(String text) {
        try {
            RoundingMode mode =
                    RoundingMode.valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
            if (mode != RoundingMode.UNNECESSARY) {
                return mode;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("is no rounding", e);
        }
        throw new IllegalArgumentException("is no rounding");
    }

    /** Never shows the API's key. */
    @Override
    public String toString() {
        return "RatesSettings[source=" + source + ", target=" + target + "]";
    }
}
