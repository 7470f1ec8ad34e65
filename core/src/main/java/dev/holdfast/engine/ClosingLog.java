package dev.holdfast.engine;

import dev.holdfast.request.Decision;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.StatusRules;
import dev.holdfast.store.UpstreamState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the log why an upstream is left alone, and when it is called again; on the loop. */
final class ClosingLog {
    private static final Logger LOG = LoggerFactory.getLogger(ClosingLog.class);

    private final String upstream;
    private boolean told;
    private boolean stored;
    private boolean absenceTold;
    private boolean absenceStored;

    ClosingLog(String upstream) {
        this.upstream = upstream;
    }

    /** The upstream was closed, if there is a reason. */
    void closed(Outcome outcome, Decision.@Nullable Closing why) {
        switch (why) {
            case Decision.Closing _ when outcome instanceof Outcome.Uncalled ->
                    LOG.warn("{} is not called as long as there is no token", upstream);
            case Decision.Closing.Unauthorized() -> refused();
            case Decision.Closing.For(var length) -> {
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
            case Decision.Closing.Absent _ -> absent();
            case null -> {
                // it takes calls
            }
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
    void seen(UpstreamState state) {
        boolean absent = state.absence() != null;
        if (absenceStored && !absent) {
            LOG.info("{} is back", upstream);
            absenceTold = false;
        }
        absenceStored = absent;
        boolean refused = state.unauthorizedSince() != null;
        if (stored && !refused) {
            LOG.info("{} takes calls again", upstream);
            told = false;
        }
        stored = refused;
    }
}
