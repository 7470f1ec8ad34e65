package dev.holdfast.request;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an upstream's answer means on a route. What its own words say decides before all else; then
 * the status, in the order of {@link #meaning}; docs/answers.md has it as a table. Pure.
 *
 * @param doneOn statuses that carry the result
 * @param rejectOn statuses that are a final refusal; those with a meaning of their own (401, 429,
 *     and 503 with Retry-After) never come to it
 * @param verdicts rules that say more than a status does, at most {@link VerdictRule#MAX_RULES}
 */
public record StatusRules(Set<Integer> doneOn, Set<Integer> rejectOn, List<VerdictRule> verdicts) {
    /** The credential is refused, not the request (RFC 9110, section 15.5.2). */
    public static final int UNAUTHORIZED = 401;

    /** The quota is used up (RFC 6585, section 4). */
    public static final int TOO_MANY_REQUESTS = 429;

    private static final int REQUEST_TIMEOUT = 408;
    private static final int MISDIRECTED = 421;
    private static final int TOO_EARLY = 425;
    public static final int UNAVAILABLE = 503;

    /** Refusals of this call at this moment, none of what was asked for. */
    private static final Set<Integer> PASSING = Set.of(REQUEST_TIMEOUT, MISDIRECTED, TOO_EARLY);

    /** By these the upstream says that it has not begun. */
    private static final Set<Integer> WITHOUT_EFFECT =
            Set.of(UNAUTHORIZED, MISDIRECTED, TOO_EARLY, TOO_MANY_REQUESTS, UNAVAILABLE);

    private static final int FIRST_REFUSAL = 300;
    private static final int LAST_REFUSAL = 499;

    /** What a status means. */
    public enum Meaning {
        /** The answer is the result. */
        DONE,
        /** The upstream refuses the credential: it is closed, and its jobs are kept. */
        UNAUTHORIZED,
        /** The upstream takes no calls for a while: it is closed, and its jobs are kept. */
        THROTTLED,
        /** The request is refused for good. */
        REJECTED,
        /** The call failed; it may be made again. */
        FAILED
    }

    public StatusRules {
        doneOn = Set.copyOf(doneOn);
        rejectOn = Set.copyOf(rejectOn);
        verdicts = List.copyOf(verdicts);
        if (verdicts.size() > VerdictRule.MAX_RULES) {
            throw new IllegalArgumentException("at most " + VerdictRule.MAX_RULES + " verdicts");
        }
    }

    /** Rules that go by the status alone. */
    public StatusRules(Set<Integer> doneOn, Set<Integer> rejectOn) {
        this(doneOn, rejectOn, List.of());
    }

    /** What the answer's own words say of it, or null if its status decides. */
    public VerdictRule.@Nullable Verdict verdict(VerdictRule.Seen answer) {
        return verdicts.isEmpty() ? null : VerdictRule.of(verdicts, answer);
    }

    /** Whether what an answer of this status means may depend on more than its status. */
    public boolean isOpen(int status) {
        return verdicts.stream().anyMatch(rule -> rule.isFor(status));
    }

    /** Whether what an answer of this status means may depend on its body. */
    public boolean looksIntoBody(int status) {
        return verdicts.stream().anyMatch(rule -> rule.isFor(status) && rule.looksIntoBody());
    }

    /** Where in the body of an answer of this status something stands that decides. */
    public Set<JsonPointer> places(int status) {
        Set<JsonPointer> places = new HashSet<>();
        verdicts.stream()
                .filter(rule -> rule.isFor(status))
                .forEach(rule -> places.addAll(rule.places()));
        return places;
    }

    /** Whether an answer of this status may be the result. */
    public boolean mayBeDone(int status) {
        return doneOn.contains(status)
                || verdicts.stream()
                        .anyMatch(
                                rule -> rule.isFor(status) && rule.then() == VerdictRule.Then.DONE);
    }

    /** Rules by which every refusal is final but those that pass by themselves. */
    public static StatusRules of(Set<Integer> doneOn) {
        return new StatusRules(doneOn, usualRefusals(doneOn));
    }

    /** Every 3xx and 4xx that is not in {@code doneOn} and does not pass by itself. */
    public static Set<Integer> usualRefusals(Set<Integer> doneOn) {
        Set<Integer> refusals = new TreeSet<>();
        for (int status = FIRST_REFUSAL; status <= LAST_REFUSAL; status++) {
            if (!doneOn.contains(status) && !PASSING.contains(status)) {
                refusals.add(status);
            }
        }
        return refusals;
    }

    /**
     * What a status means.
     *
     * @param retryAfter whether the answer has a Retry-After that makes sense
     */
    public Meaning meaning(int status, boolean retryAfter) {
        if (doneOn.contains(status)) {
            return Meaning.DONE;
        }
        if (status == UNAUTHORIZED) {
            return Meaning.UNAUTHORIZED;
        }
        if (status == TOO_MANY_REQUESTS || (status == UNAVAILABLE && retryAfter)) {
            return Meaning.THROTTLED;
        }
        return rejectOn.contains(status) ? Meaning.REJECTED : Meaning.FAILED;
    }

    /** Whether a call that {@link Meaning#FAILED failed} with this status may have taken effect. */
    public static boolean mayHaveTakenEffect(int status) {
        return !WITHOUT_EFFECT.contains(status);
    }
}
