package dev.holdfast.outbound;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.outbound.body.Looked;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.JsonLook;
import dev.holdfast.request.JsonLooks;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Outcome.Unusable.Kind;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.StoreUnavailable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is too large to be at hand, read once from where it is kept: what stands where its
 * route looks, whether it is JSON where JSON is wanted, and its text, which is kept as UTF-8
 * without codings, as a small one is. Has some buffers of it in memory, never the whole.
 */
final class LargeAnswer {
    private static final int BUFFER_CHARS = 8 << 10;

    private LargeAnswer() {}

    /** Where in an answer of a status something stands that its route wants to know. */
    static Set<JsonPointer> places(HttpCallTemplate call, int status) {
        Set<JsonPointer> places = new HashSet<>(call.rules().places(status));
        if (call.rules().mayBeDone(status)) {
            call.costs().values().stream()
                    .map(CostRule::actual)
                    .filter(Objects::nonNull)
                    .forEach(places::add);
        }
        return places;
    }

    /** Whether it must be read before it is known what it means. */
    static boolean is(HttpCallTemplate call, Exchange.Answered answer) {
        boolean large = answer.kept() instanceof Body.Kept;
        if (call.asItCame() == null) {
            return large;
        }
        if (answer.kept() == null || (!large && Codings.coded(answer.head().codings()).isEmpty())) {
            return false;
        }
        Set<JsonPointer> places = places(call, answer.status());
        JsonLooks.Seen start = AnswerText.look(answer.head(), answer.body().getBytes(), places);
        return places.stream().anyMatch(place -> start.at(place) instanceof JsonLook.Unknown);
    }

    /** Whether it is at hand and becomes too large for that without its codings. */
    static boolean grows(HttpCallTemplate call, Exchange.Answered answer, Outcome outcome) {
        return outcome instanceof Outcome.Unusable(Kind kind, _, _)
                && kind == Kind.TOO_LARGE
                && answer.whole()
                && answer.kept() == null
                && call.asItCame() == null
                && call.maxBytes() > Result.MAX_BODY_BYTES;
    }

    /**
     * Reads it; blocks.
     *
     * @param raw its bytes as they came
     * @param keeping takes its text, where that is not what came
     * @throws StoreUnavailable if it cannot be read or kept
     */
    static Looked read(
            HttpCallTemplate call,
            Exchange.Answered answer,
            InputStream raw,
            Supplier<Collecting> keeping) {
        Set<JsonPointer> places = places(call, answer.status());
        Keeping kept = new Keeping(call.maxBytes(), keeping);
        UnreadableException wrong;
        try (raw) {
            AnswerText.Opened opened = AnswerText.open(answer.head(), raw);
            if (call.asItCame() != null) {
                return new Looked(JsonLooks.read(new Bounded(opened.text()), places), null, null);
            }
            Body whole = opened.plain() ? answer.kept() : null;
            if (whole != null) {
                return new Looked(seen(call, opened.text(), places), whole, null);
            }
            JsonLooks.Seen seen = seen(call, new Copying(opened.text(), kept.text), places);
            return new Looked(seen, kept.end(), null);
        } catch (StoreUnavailable e) {
            kept.drop();
            throw e;
        } catch (UnreadableException e) {
            wrong = e;
        } catch (TooLargeException e) {
            wrong = Codings.tooLarge(call.maxBytes());
        } catch (CharacterCodingException e) {
            wrong = AnswerText.notText(answer.head());
        } catch (IOException | RuntimeException broken) {
            wrong = Codings.broken(answer.head().codings());
        }
        kept.drop();
        return new Looked(JsonLooks.Seen.NOTHING, null, wrong.outcome(answer.status()));
    }

    /** Reads all of it, which must be what is wanted. */
    private static JsonLooks.Seen seen(HttpCallTemplate call, Reader text, Set<JsonPointer> places)
            throws IOException, UnreadableException {
        boolean json = call.shape().from() == ResultShape.From.JSON;
        JsonLooks.Seen seen =
                json || !places.isEmpty() ? JsonLooks.read(text, places) : JsonLooks.Seen.NOTHING;
        if (json && !seen.isOneValue()) {
            throw UnreadableException.notJson();
        }
        char[] rest = new char[BUFFER_CHARS];
        while (text.read(rest) >= 0) {
            // What is behind what could be JSON is part of the text, too.
        }
        return seen;
    }

    /** Ends where no answer goes on, whatever its codings make of it. */
    private static final class Bounded extends Reader {
        private final Reader from;
        private long left = Body.MAX_BYTES;

        Bounded(Reader from) {
            this.from = from;
        }

        @Override
        public int read(char[] chars, int at, int most) throws IOException {
            int count = left == 0 ? -1 : from.read(chars, at, (int) Math.min(left, most));
            left -= Math.max(0, count);
            return count;
        }

        @Override
        public void close() {}
    }

    /** Passes on what it reads. */
    private static final class Copying extends Reader {
        private final Reader from;
        private final Writer to;

        Copying(Reader from, Writer to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public int read(char[] chars, int at, int most) throws IOException {
            int count = from.read(chars, at, most);
            if (count > 0) {
                to.write(chars, at, count);
            }
            return count;
        }

        @Override
        public void close() {}
    }

    /** Keeps a text as UTF-8, no faster than it can be written. */
    private static final class Keeping extends OutputStream {
        private final int maxBytes;
        private final Supplier<Collecting> keeping;
        private @Nullable Collecting all;
        final Writer text = new OutputStreamWriter(this, StandardCharsets.UTF_8);

        Keeping(int maxBytes, Supplier<Collecting> keeping) {
            this.maxBytes = maxBytes;
            this.keeping = keeping;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            if (all().size() + count > maxBytes) {
                throw new TooLargeException();
            }
            var _ = waited(all().add(Arrays.copyOfRange(bytes, from, from + count)));
        }

        private Collecting all() {
            if (all == null) {
                all = keeping.get();
            }
            return all;
        }

        Body end() throws IOException {
            text.flush();
            return waited(all().end());
        }

        void drop() {
            if (all != null) {
                all.drop();
            }
        }

        private static <T extends @Nullable Object> T waited(CompletionStage<T> stage) {
            try {
                return stage.toCompletableFuture().join();
            } catch (CompletionException e) {
                throw new StoreUnavailable("an answer could not be kept", e.getCause());
            }
        }
    }

    /** There is more of a text than may be. */
    private static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;
    }
}
