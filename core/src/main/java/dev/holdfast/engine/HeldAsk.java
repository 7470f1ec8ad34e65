package dev.holdfast.engine;

import dev.holdfast.request.JobKey;
import dev.holdfast.store.RequestRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An ask that has not been answered yet; on the loop, but for its making. */
final class HeldAsk {
    final Ask ask;
    final JobKey key;
    final UpstreamPolicy policy;

    /** How long it may wait for its result. */
    final Duration patience;

    /** Steady time at which it must be answered. */
    final Instant until;

    final CompletableFuture<Answer> answer = new CompletableFuture<>();

    private Timer.Cancel timer = () -> {};
    private boolean collapsed;
    private @Nullable RequestRecord request;

    HeldAsk(Ask ask, JobKey key, UpstreamPolicy policy, Duration patience, Instant until) {
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

    /** It is on disk. */
    void kept(RequestRecord request, boolean collapsed) {
        this.request = request;
        this.collapsed = collapsed;
    }

    /** Its job moved on. */
    RequestRecord changed(JobChange change) {
        RequestRecord now = change.applyTo(kept());
        request = now;
        return now;
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
