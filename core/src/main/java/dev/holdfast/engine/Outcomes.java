package dev.holdfast.engine;

import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Outcomes in the attempt log's words. */
final class Outcomes {
    private Outcomes() {}

    static String word(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done _ -> "done";
            case Outcome.Rejected _ -> "rejected";
            case Outcome.Unusable unusable -> unusable.kind().name().toLowerCase(Locale.ROOT);
            case Outcome.Unauthorized _ -> "unauthorized";
            case Outcome.Throttled _ -> "throttled";
            case Outcome.Failed failed -> failed.why().name().toLowerCase(Locale.ROOT);
        };
    }

    static @Nullable Integer status(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done done -> done.result().status();
            case Outcome.Rejected rejected -> Integer.valueOf(rejected.status());
            case Outcome.Unusable unusable -> Integer.valueOf(unusable.status());
            case Outcome.Unauthorized _ -> StatusRules.UNAUTHORIZED;
            case Outcome.Throttled throttled -> Integer.valueOf(throttled.status());
            case Outcome.Failed failed -> failed.status();
        };
    }
}
