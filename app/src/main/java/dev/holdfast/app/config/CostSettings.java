package dev.holdfast.app.config;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.CostRule;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a route's {@code cost}: what its calls take of the units that its upstream counts. */
final class CostSettings {
    private static final int MAX_AMOUNT = 2_000_000_000;
    private static final int MAX_PER_BYTE = 1_000_000;

    private CostSettings() {}

    /**
     * The rules by their units' names.
     *
     * @param counted the upstream's quotas in other units than calls; null if it is not known
     */
    static Map<String, CostRule> read(Section route, @Nullable Map<String, Quota> counted) {
        Map<String, CostRule> rules = new LinkedHashMap<>();
        route.map("cost", "ACTUAL")
                .forEach(
                        (unit, s) -> {
                            Section reserve = s.section("reserve");
                            CostRule rule = rule(s, reserve);
                            rules.put(unit, rule);
                            Quota quota = counted == null ? null : counted.get(unit);
                            if (counted != null && quota == null) {
                                route.mistake(
                                        "cost",
                                        "`"
                                                + unit
                                                + "` is no unit of the upstream's `quota`; there: "
                                                + (counted.isEmpty()
                                                        ? "none but calls"
                                                        : String.join(", ", counted.keySet())));
                            } else if (quota != null
                                    && quota.atMost(rule.otherwise()) < rule.otherwise()) {
                                reserve.mistake(
                                        "default",
                                        "is more than the upstream's `quota` ever has: no call"
                                                + " would fit");
                            }
                        });
        return Map.copyOf(rules);
    }

    private static CostRule rule(Section s, Section reserve) {
        JsonPointer json =
                pointer(
                        reserve,
                        "json",
                        "JSON pointer to how much it will be: in a body of at most 64 KiB that is"
                                + " passed on, or in the parameters");
        return new CostRule(
                json,
                reserve.field("default", "how much it is where nothing there says it")
                        .orElse("0")
                        .integer(0, MAX_AMOUNT),
                reserve.field(
                                "per-byte",
                                "what each byte adds of the body, or of the parameters as JSON")
                        .orElse("0")
                        .decimal(0, MAX_PER_BYTE),
                reserve.field("most", "no more than this is reserved for a call")
                        .orElse(Integer.toString(MAX_AMOUNT))
                        .integer(1, MAX_AMOUNT),
                pointer(
                        s,
                        "actual",
                        "JSON pointer to what it was, anywhere in the answer; else it was what was"
                                + " reserved"));
    }

    private static @Nullable JsonPointer pointer(Section s, String key, String meaning) {
        String text = s.field(key, meaning).optionalText();
        return text != null && VerdictSettings.isPointer(s, key, text)
                ? JsonPointer.compile(text)
                : null;
    }
}
