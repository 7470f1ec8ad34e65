package dev.holdfast.store.queue;

import java.util.ArrayList;
import java.util.List;

/**
 * Who gets an upstream's free slots: first tries or due retries (P6). Both lists come in the order
 * of their clients' turns; this decides between them.
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

    private FairTurns() {}

    /**
     * A job that could have a slot.
     *
     * @param job its number
     * @param since steady microseconds: when a first try was accepted, when a retry fell due
     */
    public record Candidate(long job, long since) {}

    /**
     * The choice.
     *
     * @param jobs numbers in the order in which they go
     * @param credit the retries' credit afterwards
     */
    public record Choice(List<Long> jobs, int credit) {}

    /** Gives {@code slots} slots away. */
    public static Choice choose(
            int slots, int credit, List<Candidate> firstTries, List<Candidate> dueRetries) {
        List<Long> jobs = new ArrayList<>();
        int left = credit;
        int first = 0;
        int retry = 0;
        while (jobs.size() < slots) {
            boolean anyFirst = first < firstTries.size();
            boolean anyRetry = retry < dueRetries.size();
            if (!anyFirst && !anyRetry) {
                break;
            }
            boolean takeRetry =
                    anyRetry
                            && (!anyFirst
                                    || left >= BURST
                                    || (left >= RETRY_COST
                                            && dueRetries.get(retry).since()
                                                    < firstTries.get(first).since()));
            if (takeRetry) {
                jobs.add(dueRetries.get(retry++).job());
                left = Math.max(0, left - RETRY_COST);
            } else {
                jobs.add(firstTries.get(first++).job());
                left = anyRetry ? Math.min(BURST, left + 1) : left;
            }
        }
        return new Choice(jobs, left);
    }
}
