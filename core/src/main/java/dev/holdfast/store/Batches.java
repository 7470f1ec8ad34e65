package dev.holdfast.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks that came together, line by line. Each line is a request of its own, whose id follows from
 * the batch's id and the line's number: a line that is sent again is the same request.
 */
public interface Batches {
    /** Lines of a batch at most. */
    int MAX_LINES = 100_000;

    /** Lines decided in one transaction. */
    int LINES_AT_ONCE = 512;

    /** Lines that are all or none, in one transaction that others wait for. */
    int MAX_LINES_TOGETHER = 10_000;

    /** The lowest bits of a line's id are its number; a batch's own are 0. */
    int LINE_BITS = 17;

    private static long numbers() {
        return (1L << LINE_BITS) - 1;
    }

    /** The id of a batch, of an id that nobody has. */
    static UUID id(UUID fresh) {
        return new UUID(
                fresh.getMostSignificantBits(), fresh.getLeastSignificantBits() & ~numbers());
    }

    /**
     * The id of a line.
     *
     * @param line from 1
     */
    static UUID line(UUID batch, int line) {
        return new UUID(batch.getMostSignificantBits(), batch.getLeastSignificantBits() | line);
    }

    /** The number of a line, from its id. */
    static int number(UUID line) {
        return (int) (line.getLeastSignificantBits() & numbers());
    }

    /** Makes a batch, or finds the one that the same client's key made less than a day ago. */
    CompletionStage<BatchRecord> begin(NewBatch batch);

    /**
     * Decides lines that follow on those decided before, all in one transaction. Lines that came
     * twice change nothing: then, and if the batch takes no more, {@code applied} is false.
     *
     * <p>Completes exceptionally with {@link NotAll} where all or none were wanted.
     */
    CompletionStage<Written> write(Slice slice);

    /**
     * Takes no more lines of a batch; those that wait are not ended by this.
     *
     * @return false if there is none in the viewer's reach
     */
    CompletionStage<Boolean> stop(Viewer viewer, UUID batch);

    /** A batch in the viewer's reach; blocking. */
    Optional<BatchRecord> batch(Viewer viewer, UUID id);

    /** Batches in the viewer's reach, newest first; blocking. */
    List<BatchRecord> list(Viewer viewer, int limit, @Nullable UUID before);

    /** Lines that were refused, in order, after a line; blocking. */
    List<Refusal> refusals(BatchRecord batch, int after, int limit);

    /**
     * Lines that were accepted, in order, after a line, at most {@code limit} and no more after
     * {@link Reads#MAX_LIST_CHARS}; of those that were forgotten nothing is told. Blocking.
     */
    List<RequestRecord> lines(BatchRecord batch, int after, int limit);

    /** The last of the last few lines that is not finished; blocking. */
    Optional<RequestRecord> lastUnfinished(BatchRecord batch);

    /**
     * A batch to begin.
     *
     * @param key the caller's Idempotency-Key, or null
     * @param webhook where to tell when all lines ended, or null
     */
    record NewBatch(int client, @Nullable String key, @Nullable String webhook) {}

    /**
     * Lines to decide.
     *
     * @param batch as it was read; its number is what counts
     * @param before how many lines were decided before
     * @param lines those that follow
     * @param digest tells everything up to their end from anything else
     * @param last whether no more come
     * @param together whether all are accepted or none
     * @param words what is kept of a line that the store refuses, by its reason
     */
    record Slice(
            BatchRecord batch,
            int before,
            List<Line> lines,
            String digest,
            boolean last,
            boolean together,
            Function<Accepted.Why, String> words) {
        public Slice {
            lines = List.copyOf(lines);
        }

        /** How many lines are decided after it. */
        public int after() {
            return before + lines.size();
        }
    }

    /** One line: an ask, which gets its id here, or what is kept of what was wrong with it. */
    sealed interface Line {
        record Good(NewRequest ask) implements Line {}

        /** It counts as a line and asks for nothing. */
        record Blank() implements Line {}

        record Bad(String problem) implements Line {}
    }

    /**
     * What became of a slice.
     *
     * @param applied false if nothing was written
     * @param decided what became of each ask, in their order
     */
    record Written(boolean applied, List<Accepted> decided) {
        public Written {
            decided = List.copyOf(decided);
        }
    }

    /** A line that was refused, and what was kept of the reason. */
    record Refusal(int line, String problem) {}

    /** All or none were wanted, and the store refuses a line: nothing was written. */
    final class NotAll extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final int line;
        private final Accepted.Why why;

        public NotAll(int line, Accepted.Why why) {
            super("line " + line + " is refused");
            this.line = line;
            this.why = why;
        }

        public int line() {
            return line;
        }

        public Accepted.Why why() {
            return why;
        }
    }

    /**
     * A batch as it stands; counting takes nothing, since its counts are kept.
     *
     * @param number its number in the store
     * @param lines decided so far, accepted or refused
     * @param digest of everything up to there; empty before the first
     * @param sealed whether all lines have come
     * @param stopped whether it takes no more, since somebody cancelled it
     * @param webhook where to tell, or null
     * @param createdAt wall time
     * @param completedAt wall time when the last line ended for the first time, or null
     */
    record BatchRecord(
            int number,
            UUID id,
            int client,
            int lines,
            int accepted,
            int refused,
            int unfinished,
            int succeeded,
            int failed,
            int expired,
            int cancelled,
            String digest,
            boolean sealed,
            boolean stopped,
            @Nullable String webhook,
            Instant createdAt,
            @Nullable Instant completedAt) {}
}
