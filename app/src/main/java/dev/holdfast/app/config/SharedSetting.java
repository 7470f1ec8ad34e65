package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads whether others use an upstream's quota, too, and what is left to them. */
final class SharedSetting {
    /** Whether answers are asked for what is left. */
    private enum Headers {
        NONE,
        AUTO
    }

    private static final Pattern PERCENT = Pattern.compile("([0-9]{1,2})(\\.[0-9]{1,3})? ?%");

    private SharedSetting() {}

    /** The share that is left to them; null if nobody else uses it. */
    static @Nullable Double read(Section s) {
        Headers headers =
                s.field(
                                "headers",
                                "`auto`: others use the key, too; what answers say is left"
                                        + " (RateLimit, X-RateLimit-*, x-ratelimit-*-requests,"
                                        + " -tokens) may take slots away and never adds any, and a 429 that they"
                                        + " do not explain halves what is used for a while")
                        .orElse("none")
                        .choice(Headers.class, Headers.NONE);
        double reserve =
                s.field("reserve", "share of each window that is always left to others")
                        .orElse("0%")
                        .one("share, 0% to 99%", SharedSetting::share, 0.0);
        if (headers == Headers.NONE && reserve > 0) {
            s.mistake("reserve", "is of no use without `headers: auto`");
        }
        return headers == Headers.AUTO ? Double.valueOf(reserve) : null;
    }

    private static double share(String text) {
        Matcher percent = PERCENT.matcher(text.strip());
        if (!percent.matches()) {
            throw new IllegalArgumentException("write a share such as 10%");
        }
        return Double.parseDouble(percent.group().replace("%", "").strip()) / 100;
    }
}
