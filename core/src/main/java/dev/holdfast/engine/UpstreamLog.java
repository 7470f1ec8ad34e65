package dev.holdfast.engine;

import dev.holdfast.engine.loop.SummedLog;
import dev.holdfast.engine.loop.Timer;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.ClaimedJob;
import dev.holdfast.store.Settlement;
import dev.holdfast.store.UpstreamState;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log what an operator must know of an upstream: why it is left alone, when it is called
 * again, and which requests fail for good, summed up when many do. On the loop.
 */
final class UpstreamLog {
    private static final Logger LOG = LoggerFactory.getLogger(UpstreamLog.class);

    private final String upstream;
    private final SummedLog ends;
    private final SummedLog closings;
    private final SummedLog parts;
    private final Set<String> outTold = new HashSet<>();
    private final Set<String> outStored = new HashSet<>();
    private boolean told;
    private boolean stored;
    private boolean absenceTold;
    private boolean absenceStored;
    private boolean pauseTold;
    private boolean closedTold;
    private boolean closedStored;

    UpstreamLog(String upstream, Timer timer) {
        this.upstream = upstream;
        ends =
                new SummedLog(
                        timer,
                        more ->
                                LOG.warn(
                                        "{}: {} more requests failed in the last {} s",
                                        upstream,
                                        more,
                                        SummedLog.WHILE.toSeconds()));
        closings =
                new SummedLog(
                        timer,
                        more ->
                                LOG.warn(
                                        "{}: {} more answers in the last {} s asked for the same",
                                        upstream,
                                        more,
                                        SummedLog.WHILE.toSeconds()));
        parts =
                new SummedLog(
                        timer,
                        more ->
                                LOG.warn(
                                        "{}: {} more answers in the last {} s closed a partition",
                                        upstream,
                                        more,
                                        SummedLog.WHILE.toSeconds()));
    }

    /** What came of a call is on disk. */
    void ended(Settlement settlement) {
        if (settlement.decision() instanceof Decision.Fail fail) {
            ends.tell(() -> tell(settlement.job(), fail.failure()));
        }
    }

    /** Nothing of what the upstream said: that may be a caller's secret. */
    private static void tell(ClaimedJob job, Failure failure) {
        LOG.atWarn()
                .addKeyValue("request_id", job.request())
                .addKeyValue("reason", failure.reason().wire())
                .addKeyValue("upstream_status", failure.upstreamStatus())
                .addKeyValue("attempts", job.number())
                .log("a request of {} to {} failed", job.route(), job.upstream());
    }

    /** The upstream was closed, or one of its credentials, if there is a reason. */
    void closed(Outcome outcome, Settlement settlement) {
        Decision.Closing why = settlement.decision().closing();
        String credential = settlement.job().spokenOf();
        String partition = settlement.job().partition();
        boolean one =
                credential != null
                        ? closedOne(credential, why, settlement)
                        : partition != null && closedPart(partition, why, settlement);
        if (!one) {
            closed(outcome, why);
        }
    }

    /** Whether it was that partition only. There may be many: each line is one of the bounded. */
    private boolean closedPart(
            String partition, Decision.@Nullable Closing why, Settlement settlement) {
        if (!settlement.isOfTheCaller()) {
            return false;
        }
        switch (why) {
            case Decision.Closing.Unauthorized() ->
                    parts.tell(
                            () ->
                                    LOG.error(
                                            "{} answered 401 in its partition {}, whose jobs are"
                                                    + " kept; it is tried by single calls at"
                                                    + " growing distances. Once its credential is"
                                                    + " valid, resume the upstream",
                                            upstream,
                                            partition));
            case Decision.Closing.For(var length) ->
                    parts.tell(
                            () ->
                                    LOG.warn(
                                            "{}: its partition {} is left alone for {} s, as it"
                                                    + " asked for (an admin's resume ends that)",
                                            upstream,
                                            partition,
                                            length.toSeconds()));
            case Decision.Closing.Absent _ -> {
                return false;
            }
            case null -> {
                return false;
            }
        }
        return true;
    }

    /** The upstream itself was closed, if there is a reason. */
    void closed(Outcome outcome, Decision.@Nullable Closing why) {
        switch (why) {
            case Decision.Closing _ when outcome instanceof Outcome.Uncalled ->
                    closings.tell(
                            () ->
                                    LOG.warn(
                                            "{} is not called as long as there is no token",
                                            upstream));
            case Decision.Closing.Unauthorized() -> refused();
            case Decision.Closing.For(var length) -> {
                closedTold = true;
                closings.tell(() -> leftAlone(outcome, length));
            }
            case Decision.Closing.Absent _ -> absent();
            case null -> {
                // it takes calls
            }
        }
    }

    /** Whether it was that credential only. */
    private boolean closedOne(
            String credential, Decision.@Nullable Closing why, Settlement settlement) {
        if (why instanceof Decision.Closing.Unauthorized) {
            if (outTold.add(credential)) {
                LOG.error(
                        "{} answered 401: it refuses its credential {}, which is out. Its calls go"
                                + " on with the others; it is tried by single calls at growing"
                                + " distances. Configure a valid one and restart, or, once it is"
                                + " valid, resume the upstream",
                        upstream,
                        credential);
            }
            return true;
        }
        if (why instanceof Decision.Closing.For(var length) && settlement.isOfTheCaller()) {
            closings.tell(
                    () ->
                            LOG.warn(
                                    "{}: its credential {} is left alone for {} s, as it asked for"
                                            + " (an admin's resume ends that)",
                                    upstream,
                                    credential,
                                    length.toSeconds()));
            return true;
        }
        return false;
    }

    private void credentials(UpstreamState state) {
        for (UpstreamState.Credential each : state.credentials()) {
            boolean out = each.unauthorizedSince() != null;
            if (!out && outStored.remove(each.name())) {
                outTold.remove(each.name());
                LOG.info("{} takes its credential {} again", upstream, each.name());
            }
            if (out) {
                outStored.add(each.name());
            }
        }
    }

    private void leftAlone(Outcome outcome, Duration length) {
        if (outcome instanceof Outcome.Throttled(int status, _)
                && status == StatusRules.TOO_MANY_REQUESTS) {
            LOG.warn(
                    "{} answered 429 within its quota: somebody else uses the key, or the"
                            + " configured quota is too high; it is left alone for {} s (an"
                            + " admin's resume ends that)",
                    upstream,
                    length.toSeconds());
        } else {
            LOG.warn(
                    "{} takes no calls and asks to be left alone for {} s (an admin's"
                            + " resume ends that)",
                    upstream,
                    length.toSeconds());
        }
    }

    /** Calls that were under way at once are refused together: one line tells it. */
    private void refused() {
        if (!told) {
            told = true;
            LOG.error(
                    "{} answered 401: it refuses the credential. Its jobs are kept; it is tried by"
                            + " single calls at growing distances. Configure a valid credential and"
                            + " restart, or, once it is valid, resume the upstream",
                    upstream);
        }
    }

    private void absent() {
        if (!absenceTold) {
            absenceTold = true;
            LOG.error(
                    "{}: nobody is at home. Its jobs keep their places and none is charged; it is"
                            + " tried by single calls until it answers",
                    upstream);
        }
    }

    /** What the store says; it may not know yet of what was told. */
    void seen(UpstreamState state, Instant now) {
        if (pauseTold != state.paused()) {
            pauseTold = state.paused();
            LOG.info(
                    pauseTold
                            ? "{} is paused: no call leaves until an admin resumes it"
                            : "{} is resumed",
                    upstream);
        }
        Instant until = state.closedUntil();
        boolean closed = until != null && until.isAfter(now);
        if (closedTold && closedStored && !closed) {
            closedTold = false;
            LOG.info("{} is called again after it was left alone", upstream);
        }
        closedStored = closed;
        boolean absent = state.absence() != null;
        if (absenceStored && !absent) {
            LOG.info("{} is back", upstream);
            absenceTold = false;
        }
        absenceStored = absent;
        credentials(state);
        boolean refused = state.unauthorizedSince() != null && state.credentials().isEmpty();
        if (stored && !refused) {
            LOG.info("{} takes calls again", upstream);
            told = false;
        }
        stored = refused;
    }
}
