package dev.holdfast.engine;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.partition.Partitions;
import dev.holdfast.request.JobKey;
import dev.holdfast.store.JobChange;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.RequestRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An ask that has not been answered yet; on the loop, but for its making and {@link #answer}. */
final class HeldAsk {
    final Ask ask;
    final JobKey key;
    final UpstreamPolicy policy;

    /** How long it may wait for its result. */
    final Duration patience;

    /** Steady time at which it must be answered. */
    final Instant until;

    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    /** What is to be kept. */
    final NewRequest fresh;

    /** How far the store is; decided once, whoever comes first, on its thread or on the loop. */
    private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

    private Timer.Cancel timer = () -> {};
    private @Nullable Duration tooLate;
    private Answer.@Nullable Refusal full;
    private boolean collapsed;
    private boolean hurried;
    private boolean claimed;
    private @Nullable RequestRecord request;
    private Partitions.@Nullable Seen partition;

    private enum Stage {
        WAITING,
        WRITING,
        WITHDRAWN
    }

    HeldAsk(
            Ask ask,
            JobKey key,
            UpstreamPolicy policy,
            Duration patience,
            Instant until,
            NewRequest fresh) {
        this.fresh = fresh;
        this.ask = ask;
        this.key = key;
        this.policy = policy;
        this.patience = patience;
        this.until = until;
    }

    /** What runs when its time is up, in place of what was to run before. */
    void timer(Timer.Cancel timer) {
        this.timer.cancel();
        this.timer = timer;
    }

    /** Whether the store may begin to write it; on the store's thread. */
    boolean begin() {
        stage.compareAndSet(Stage.WAITING, Stage.WRITING);
        return stage.get() == Stage.WRITING && !isAnswered();
    }

    /** Whether the store has not begun to write it, and will not any more. */
    boolean withdraw() {
        return stage.compareAndSet(Stage.WAITING, Stage.WITHDRAWN)
                || stage.get() == Stage.WITHDRAWN;
    }

    /** A call of its own would come too late, and leave after so long. */
    void tooLate(Duration firstCall) {
        this.tooLate = firstCall;
    }

    @Nullable Duration tooLate() {
        return tooLate;
    }

    /** There is no room for what a call of its own may bring. */
    void full(Answer.Refusal why) {
        full = why;
    }

    Answer.@Nullable Refusal full() {
        return full;
    }

    /** Its caller takes a receipt as soon as there is one. */
    void hurry() {
        hurried = true;
    }

    boolean isHurried() {
        return hurried;
    }

    /** It is on disk. */
    void kept(RequestRecord request, boolean collapsed) {
        this.request = request;
        this.collapsed = collapsed;
    }

    /** How its partition stands, as far as is known; null stays what was known before. */
    void partition(Partitions.@Nullable Seen now) {
        partition = now == null ? partition : now;
    }

    Partitions.@Nullable Seen partition() {
        return partition;
    }

    /** Its job moved on. */
    RequestRecord changed(JobChange change) {
        RequestRecord now = kept().after(change);
        request = now;
        return now;
    }

    /** A claim is right behind it: whether its call may leave now, that tells. */
    void claimed() {
        claimed = true;
    }

    boolean isClaimed() {
        return claimed;
    }

    boolean isKept() {
        return request != null;
    }

    boolean isAnswered() {
        return answer.isDone();
    }

    boolean collapsed() {
        return collapsed;
    }

    RequestRecord kept() {
        if (request == null) {
            throw new IllegalStateException("the ask is not on disk yet");
        }
        return request;
    }

    void answer(Answer what) {
        timer.cancel();
        answer.complete(what);
    }

    Duration left(Instant now) {
        return Duration.between(now, until);
    }
}
