package dev.holdfast.store.queue;

import dev.holdfast.request.Costs;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who of one class of priority gets a free slot: a first try or a due retry (P6). Both lists come
 * in the order of their clients' turns; this decides between them.
 *
 * <p>First tries go first. Each slot that one takes while a retry is due adds one to the retries'
 * credit, and a retry costs {@link #RETRY_COST}, so that of any five slots retries get one. A retry
 * that fell due before the first try at the head was even accepted is served as soon as the credit
 * allows; otherwise retries are served from {@link #BURST} on, so that a burst which was there
 * before them goes out whole.
 */
public final class FairTurns {
    /** First tries to one retry: four to one are a fifth. */
    static final int RETRY_COST = 4;

    /** First tries that may go before the retries' fifth begins. */
    static final int BURST = 60;

    private final List<Candidate> firstTries;
    private final List<Candidate> dueRetries;
    private final Function<Candidate, Fit> fits;
    private boolean blocked;
    private int left;
    private int first;
    private int retry;

    /**
     * Those who wait.
     *
     * @param credit what the retries have saved up
     */
    public FairTurns(int credit, List<Candidate> firstTries, List<Candidate> dueRetries) {
        this(credit, firstTries, dueRetries, _ -> Fit.FITS);
    }

    /**
     * Those who wait.
     *
     * @param fits asked of each in its turn, and only once; who does not fit is passed over
     */
    public FairTurns(
            int credit,
            List<Candidate> firstTries,
            List<Candidate> dueRetries,
            Function<Candidate, Fit> fits) {
        this.fits = fits;
        this.left = credit;
        this.firstTries = firstTries;
        this.dueRetries = dueRetries;
    }

    /**
     * A job that could have a slot.
     *
     * @param job its number
     * @param since steady microseconds: when a first try was accepted, when a retry fell due
     * @param turn its turn, and whose
     * @param costs what it takes of other units than calls
     */
    public record Candidate(long job, long since, long turn, int client, @Nullable Costs costs) {
        /** One that costs nothing but a call. */
        Candidate(long job, long since) {
            this(job, since, 0, 0, null);
        }
    }

    /** Whether there is room for a job. */
    public enum Fit {
        FITS,
        /** There is too little of a unit: it is kept for the job. */
        BLOCKED,
        /** What there may be of a unit is kept for a job before it. */
        KEPT
    }

    /** Whether the one that was asked last did not fit, whose turn it was. */
    boolean isBlocked() {
        return blocked;
    }

    /** Whether anybody waits who has no slot yet. */
    boolean isWaiting() {
        return first < firstTries.size() || retry < dueRetries.size();
    }

    /** The retries' credit, after the slots that were given away. */
    public int credit() {
        return left;
    }

    /** Gives a slot away, if the next one in turn fits; somebody waits. */
    OptionalLong next() {
        boolean anyFirst = first < firstTries.size();
        boolean anyRetry = retry < dueRetries.size();
        boolean takeRetry =
                anyRetry
                        && (!anyFirst
                                || left >= BURST
                                || (left >= RETRY_COST
                                        && dueRetries.get(retry).since()
                                                < firstTries.get(first).since()));
        Candidate next = takeRetry ? dueRetries.get(retry++) : firstTries.get(first++);
        Fit fit = fits.apply(next);
        blocked = fit == Fit.BLOCKED;
        if (fit != Fit.FITS) {
            return OptionalLong.empty();
        }
        if (takeRetry) {
            left = Math.max(0, left - RETRY_COST);
        } else {
            left = anyRetry ? Math.min(BURST, left + 1) : left;
        }
        return OptionalLong.of(next.job());
    }
}
