package dev.holdfast.engine;

import dev.holdfast.engine.loop.Timer;
import dev.holdfast.store.JobChange;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Long polls and streams: who waits until a request changes. */
final class Following {
    private final EngineParts parts;
    private final Watches watches;
    private final Function<RequestRecord, RequestView> view;

    Following(EngineParts parts, Watches watches, Function<RequestRecord, RequestView> view) {
        this.parts = parts;
        this.watches = watches;
        this.view = view;
    }

    CompletionStage<Optional<RequestView>> follow(
            Viewer viewer, UUID id, @Nullable Seen seen, Duration atMost) {
        Follower follower = new Follower(viewer, id, seen);
        parts.readers().execute(() -> follower.first(atMost));
        return follower.answer;
    }

    private final class Follower implements Watches.Watcher {
        private final Viewer viewer;
        private final UUID id;
        private final CompletableFuture<Optional<RequestView>> answer = new CompletableFuture<>();
        private @Nullable Seen seen;
        private Timer.Cancel timer = () -> {};

        Follower(Viewer viewer, UUID id, @Nullable Seen seen) {
            this.viewer = viewer;
            this.id = id;
            this.seen = seen;
        }

        /** Looks once; where nothing is new yet, waits for the job and looks again. */
        void first(Duration atMost) {
            RequestRecord request = look(false);
            if (request == null || atMost.isZero()) {
                look(true);
                return;
            }
            parts.loop().execute(() -> watch(request.job(), atMost));
        }

        @Override
        public boolean told(JobChange change) {
            return touched();
        }

        @Override
        public boolean touched() {
            if (answer.isDone()) {
                return false;
            }
            parts.readers().execute(() -> look(false));
            return true;
        }

        @Override
        public boolean movedElsewhere() {
            return touched();
        }

        private void watch(long job, Duration atMost) {
            watches.add(job, this);
            timer = parts.timer().after(atMost, () -> parts.readers().execute(() -> look(true)));
            CompletionStage<?> done = answer;
            done.whenCompleteAsync((_, _) -> unwatch(job), parts.loop());
            parts.readers().execute(() -> look(false));
        }

        private void unwatch(long job) {
            timer.cancel();
            watches.remove(job, this);
        }

        /** Answers if there is news, or in any case; null if it has answered. */
        private @Nullable RequestRecord look(boolean inAnyCase) {
            try {
                Optional<RequestRecord> found = parts.store().reads().request(viewer, id);
                if (found.isEmpty()) {
                    answer.complete(Optional.empty());
                    return null;
                }
                RequestRecord request = found.get();
                Seen known = seen == null ? Seen.of(request) : seen;
                seen = known;
                if (inAnyCase || request.status().isFinal() || !Seen.of(request).equals(known)) {
                    answer.complete(found.map(view));
                    return null;
                }
                return request;
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
                return null;
            }
        }
    }
}
