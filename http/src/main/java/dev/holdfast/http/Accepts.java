package dev.holdfast.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code Accept} for the one choice there is: JSON, or the text that the upstream answers.
 */
public final class Accepts {
    private Accepts() {}

    /** Whether the caller wants {@code text/plain} more than JSON (RFC 9110, 12.5.1). */
    public static boolean prefersText(@Nullable String accept) {
        if (accept == null || accept.equals("*/*")) {
            return false;
        }
        double text = 0;
        double json = 0;
        for (String range : accept.split(",", -1)) {
            String[] parts = range.split(";", -1);
            double quality = quality(parts);
            switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
                case "text/plain" -> text = Math.max(text, quality);
                case "application/json", "application/*", "*/*" -> json = Math.max(json, quality);
                default -> {}
            }
        }
        // "text/plain, */*" names text and takes anything else only where it must.
        return text > 0 && (text > json || (text == json && !accept.contains("application/")));
    }

    private static double quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2));
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 1;
    }
}
