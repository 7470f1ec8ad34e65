package dev.holdfast.engine;

import dev.holdfast.request.Costs;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.Settlement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Outcomes in the attempt log's words. */
final class Outcomes {
    private Outcomes() {}

    static String word(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done _ -> "done";
            case Outcome.Rejected _, Outcome.Unsendable _ -> "rejected";
            case Outcome.Unusable unusable -> unusable.kind().name().toLowerCase(Locale.ROOT);
            case Outcome.Unauthorized _ -> "unauthorized";
            case Outcome.Throttled _ -> "throttled";
            case Outcome.Stale _ -> "stale";
            case Outcome.Uncalled _ -> "uncalled";
            case Outcome.Failed failed -> failed.why().name().toLowerCase(Locale.ROOT);
        };
    }

    /**
     * What an outcome says of when the call arrived. A timeout says nothing: what was sent may lie
     * in the buffers of an upstream that hangs. Nor does the end of the process that made the call.
     */
    static Settlement.Arrival arrival(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done _,
                    Outcome.Rejected _,
                    Outcome.Unusable _,
                    Outcome.Unauthorized _,
                    Outcome.Throttled _,
                    Outcome.Stale _ ->
                    Settlement.Arrival.ANSWERED;
            case Outcome.Unsendable _, Outcome.Uncalled _ -> Settlement.Arrival.OVER;
            case Outcome.Failed failed when failed.status() != null -> Settlement.Arrival.ANSWERED;
            case Outcome.Failed failed when !failed.uncertain() -> Settlement.Arrival.OVER;
            case Outcome.Failed failed ->
                    switch (failed.why()) {
                        case TIMEOUT, CRASH -> Settlement.Arrival.OPEN;
                        case STATUS, REFUSED, RESET, GARBAGE -> Settlement.Arrival.OVER;
                    };
        };
    }

    /**
     * What is known of what a call took of other units than calls; of the rest it took what was
     * reserved. One that was surely never sent took nothing.
     */
    static Map<String, Long> used(Outcome outcome, Costs reserved) {
        if (reserved.isNothing()) {
            return Map.of();
        }
        boolean unsent =
                switch (outcome) {
                    case Outcome.Unsendable _, Outcome.Uncalled _ -> true;
                    case Outcome.Failed failed ->
                            failed.why() == Outcome.Why.REFUSED && !failed.uncertain();
                    default -> false;
                };
        Map<String, Long> used = new HashMap<>();
        if (unsent) {
            reserved.amounts().keySet().forEach(unit -> used.put(unit, 0L));
        } else if (outcome instanceof Outcome.Done done) {
            used.putAll(done.used());
            used.keySet().retainAll(reserved.amounts().keySet());
        }
        return used;
    }

    /** Whether somebody was at home. */
    enum Home {
        SOMEBODY,
        NOBODY,
        /** It tells nothing of that. */
        UNKNOWN
    }

    /** Any answer shows that somebody is; what is not HTTP may be anybody's. */
    static Home home(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Unsendable _, Outcome.Uncalled _ -> Home.UNKNOWN;
            case Outcome.Failed failed when failed.status() != null -> Home.SOMEBODY;
            case Outcome.Failed failed ->
                    switch (failed.why()) {
                        case REFUSED, RESET, TIMEOUT -> Home.NOBODY;
                        case STATUS, GARBAGE, CRASH -> Home.UNKNOWN;
                    };
            case Outcome.Done _,
                    Outcome.Rejected _,
                    Outcome.Unusable _,
                    Outcome.Unauthorized _,
                    Outcome.Throttled _,
                    Outcome.Stale _ ->
                    Home.SOMEBODY;
        };
    }

    static @Nullable Integer status(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Done done -> done.result().status();
            case Outcome.Rejected rejected -> Integer.valueOf(rejected.status());
            case Outcome.Unusable unusable -> Integer.valueOf(unusable.status());
            case Outcome.Unauthorized _, Outcome.Stale _ -> StatusRules.UNAUTHORIZED;
            case Outcome.Uncalled _ -> null;
            case Outcome.Unsendable _ -> Outcome.Unsendable.STATUS;
            case Outcome.Throttled throttled -> Integer.valueOf(throttled.status());
            case Outcome.Failed failed -> failed.status();
        };
    }
}
