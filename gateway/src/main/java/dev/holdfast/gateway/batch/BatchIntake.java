package dev.holdfast.gateway.batch;

import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.parts.DoorParts;
import dev.holdfast.gateway.server.Bodies;
import dev.holdfast.gateway.server.Exchange;
import dev.holdfast.http.Mistakes;
import dev.holdfast.http.Problem;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Batches.Line;
import dev.holdfast.store.Batches.NewBatch;
import dev.holdfast.store.Batches.Slice;
import dev.holdfast.store.NewRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes one batch in while it arrives: some hundred lines are read, written in one transaction, and
 * only then read on. In memory is one slice of lines, whatever comes. All on its event loop.
 *
 * <p>What was written of a batch before, by the same Idempotency-Key, is passed over; that it is
 * the same is known by its digest.
 */
final class BatchIntake implements Bodies.Sink {
    /** Longest line, in bytes. */
    static final int MAX_LINE_BYTES = 1 << 20;

    /** Largest batch, as it comes and unpacked, in bytes. */
    static final long MAX_BYTES = 1L << 30;

    /** Lines after which those that were read are written, in bytes of them. */
    static final int SLICE_BYTES = 1 << 20;

    /** Largest batch of which all lines are accepted or none, unpacked, in bytes. */
    static final int MAX_TOGETHER_BYTES = 16 << 20;

    /** What one of these takes in memory beside what was made of its text, about, in bytes. */
    private static final int KEPT_LINE_BYTES = 1 << 10;

    /** How often the text of one of these is in memory, about. */
    private static final int COPIES = 4;

    /** What is read before others on the event loop have their turn, in bytes. */
    private static final int TURN_BYTES = 256 << 10;

    private static final int BUFFER_BYTES = 16 << 10;

    private final Exchange exchange;
    private final DoorParts doorway;
    private final Engine engine;
    private final LineAsks reader;
    private final NewBatch wanted;
    private final boolean together;
    private final Consumer<BatchRecord> then;
    private final Gunzip source;
    private final LineSplitter splitter = new LineSplitter(MAX_LINE_BYTES);
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final Mistakes mistakes = new Mistakes();
    private List<Line> slice = new ArrayList<>();
    private long sliceBytes;
    private long bytes;
    private int lines;
    private int written;
    private boolean ended;
    private @Nullable BatchRecord batch;

    /**
     * @param packed whether it comes in gzip
     * @param together whether all lines are accepted or none
     * @param then goes on with the batch when all of it was decided
     */
    BatchIntake(
            Exchange exchange,
            DoorParts doorway,
            LineAsks reader,
            NewBatch wanted,
            boolean packed,
            boolean together,
            Consumer<BatchRecord> then) {
        this.exchange = exchange;
        this.doorway = doorway;
        this.engine = doorway.engine();
        this.reader = reader;
        this.wanted = wanted;
        this.together = together;
        this.then = then;
        this.source = new Gunzip(packed);
    }

    @Override
    public CompletionStage<Void> take(Buffer part) {
        source.give(part.getBytes());
        CompletableFuture<Void> room = new CompletableFuture<>();
        pump(room);
        return room;
    }

    @Override
    public void end() {
        try {
            source.end();
        } catch (Gunzip.Broken e) {
            wrong(e.words());
            return;
        }
        ended = true;
        LineSplitter.Cut rest = splitter.last();
        if (rest != null && !take(rest)) {
            return;
        }
        if (lines == 0) {
            wrong("send at least one line");
            return;
        }
        BatchRecord known = batch;
        if (known != null && lines < known.lines()) {
            reused();
            return;
        }
        if (together && !mistakes.isEmpty()) {
            exchange.problem(mistakes.problem());
            return;
        }
        CompletableFuture<Void> all = new CompletableFuture<>();
        flush(all, () -> all.complete(null));
        exchange.when(all, _ -> finished());
    }

    @Override
    public void broken() {
        source.close();
    }

    /** Reads what was given, slice by slice; completes {@code room} when there is no more of it. */
    private void pump(CompletableFuture<Void> room) {
        int turn = 0;
        try {
            while (!exchange.isAnswered()) {
                LineSplitter.Cut cut = splitter.next();
                if (cut != null) {
                    if (!take(cut)) {
                        break;
                    }
                    if (isFull()) {
                        flush(room, () -> pump(room));
                        return;
                    }
                    continue;
                }
                if (turn >= TURN_BYTES) {
                    exchange.loop().runOnContext(_ -> pump(room));
                    return;
                }
                if (batch == null && !together) {
                    begin(room, () -> pump(room));
                    return;
                }
                int count = source.take(buffer);
                if (count == 0) {
                    break;
                }
                turn += count;
                bytes += count;
                if (bytes > (together ? MAX_TOGETHER_BYTES : MAX_BYTES)) {
                    tooLarge((together ? MAX_TOGETHER_BYTES : MAX_BYTES) + " bytes, unpacked");
                    break;
                }
                splitter.give(buffer, count);
            }
        } catch (Gunzip.Broken e) {
            wrong(e.words());
        }
        room.complete(null);
    }

    private boolean isFull() {
        return !together && (slice.size() >= Batches.LINES_AT_ONCE || sliceBytes >= SLICE_BYTES);
    }

    /** Takes a line; false if a problem was answered. */
    private boolean take(LineSplitter.Cut cut) {
        int most = together ? Batches.MAX_LINES_TOGETHER : Batches.MAX_LINES;
        if (++lines > most) {
            tooLarge(most + " lines" + (together ? " that are all or none" : ""));
            return false;
        }
        BatchRecord known = batch;
        if (known != null && lines <= known.lines()) {
            return passOver(known);
        }
        if (known != null && known.sealed()) {
            reused();
            return false;
        }
        byte[] line = cut.bytes();
        int length = line == null ? 0 : line.length;
        sliceBytes += length;
        Line read = read(line);
        if (together && !mistakes.isEmpty()) {
            // None is accepted: what else is wrong is told, and none is kept.
            slice.clear();
            return true;
        }
        if (together && !exchange.hold(KEPT_LINE_BYTES + (long) COPIES * length)) {
            return false;
        }
        slice.add(read);
        return true;
    }

    /** One that was decided before; at the last of those it is known whether they are the same. */
    private boolean passOver(BatchRecord known) {
        written = lines;
        if (lines == known.lines() && !splitter.digest().equals(known.digest())) {
            reused();
            return false;
        }
        return true;
    }

    private Line read(byte @Nullable [] line) {
        if (line != null && LineSplitter.isBlank(line)) {
            return new Line.Blank();
        }
        LineAsks.Reading reading =
                line == null
                        ? new LineAsks.Reading.Wrong(
                                new Problem.Plain(
                                        Problem.Kind.CONTENT_TOO_LARGE,
                                        "A line has at most " + MAX_LINE_BYTES + " bytes."))
                        : reader.read(
                                exchange.caller(), exchange.request().headers()::getAll, line);
        return switch (reading) {
            case LineAsks.Reading.Right(Ask ask) ->
                    switch (engine.line(ask)) {
                        case Engine.AsLine.Right(NewRequest good) -> new Line.Good(good);
                        case Engine.AsLine.TooDear _ -> wrong(Problem.costOverLimit());
                        // Its door was closed while it came in: what the next batch hears.
                        case Engine.AsLine.Gone _ ->
                                wrong(Problem.malformed(LineAsks.ROUTE, LineAsks.NO_SUCH_ROUTE));
                    };
            case LineAsks.Reading.Wrong(Problem problem) -> wrong(problem);
        };
    }

    private Line wrong(Problem problem) {
        if (together) {
            mistakes.add("line " + lines, problem.detail());
        }
        return new Line.Bad(KeptProblem.of(problem));
    }

    /**
     * Makes the batch; it may be one that was cut off before: what is known of it is passed over.
     */
    private void begin(CompletableFuture<Void> failed, Runnable next) {
        on(
                engine.store().batches().begin(wanted),
                failed,
                begun -> {
                    batch = begun;
                    boolean whole =
                            begun.lines() == 0
                                    || !together
                                    || (lines == begun.lines()
                                            && splitter.digest().equals(begun.digest()));
                    if (begun.stopped()) {
                        cancelled(failed);
                    } else if (!whole || !Objects.equals(begun.webhook(), wanted.webhook())) {
                        reused();
                        failed.complete(null);
                    } else {
                        next.run();
                    }
                });
    }

    /**
     * Writes what was read, and goes on.
     *
     * @param failed told if it cannot be written, or nobody waits for it any more
     */
    private void flush(CompletableFuture<Void> failed, Runnable next) {
        BatchRecord known = batch;
        if (known == null) {
            begin(failed, () -> flush(failed, next));
            return;
        }
        if (known.sealed() || (slice.isEmpty() && !ended)) {
            next.run();
            return;
        }
        List<Line> now = slice;
        slice = new ArrayList<>();
        sliceBytes = 0;
        String digest = splitter.digest();
        on(
                engine.submit(
                        new Slice(known, written, now, digest, ended, together, KeptProblem::of)),
                failed,
                what -> {
                    written += now.size();
                    if (what.applied()) {
                        next.run();
                    } else if (wanted.key() == null) {
                        cancelled(failed);
                    } else {
                        begin(failed, () -> goOn(failed, next));
                    }
                });
    }

    /** Somebody else by the same key was faster, as who was cut off and sends again may find. */
    private void goOn(CompletableFuture<Void> failed, Runnable next) {
        BatchRecord known = Objects.requireNonNull(batch);
        if (lines < known.lines()) {
            next.run();
        } else if (lines == known.lines() && splitter.digest().equals(known.digest())) {
            flush(failed, next);
        } else {
            reused();
            failed.complete(null);
        }
    }

    private <T> void on(
            CompletionStage<T> stage, CompletableFuture<Void> failed, Consumer<T> then) {
        exchange.guardFromNow(
                doorway.answerWithin().toMillis() + DoorParts.GUARD_MARGIN_MILLIS,
                Problem::storeSilent);
        stage.whenComplete(
                (value, error) ->
                        exchange.loop()
                                .runOnContext(
                                        _ -> {
                                            if (error != null) {
                                                failed(error, failed);
                                            } else if (exchange.isAnswered()) {
                                                failed.complete(null);
                                            } else {
                                                exchange.guardOff();
                                                then.accept(value);
                                            }
                                        }));
    }

    private void failed(Throwable error, CompletableFuture<Void> failed) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        if (cause instanceof Batches.NotAll not) {
            Problem why = KeptProblem.refusal(not.why());
            exchange.problem(
                    new Problem.Passing(
                            why.kind(),
                            "Line " + not.line() + " is refused, so none was accepted.",
                            Problem.AGAIN));
            failed.complete(null);
        } else {
            failed.completeExceptionally(error);
        }
    }

    private void cancelled(CompletableFuture<Void> failed) {
        exchange.problem(KeptProblem.cancelled());
        failed.complete(null);
    }

    private void finished() {
        source.close();
        BatchRecord known = batch;
        if (known == null) {
            throw new IllegalStateException("a batch that was written has begun");
        }
        then.accept(known);
    }

    private void reused() {
        exchange.problem(
                new Problem.Plain(
                        Problem.Kind.IDEMPOTENCY_KEY_REUSED,
                        "Use a new key for a new batch, or send the first one unchanged."));
    }

    private void wrong(String why) {
        Mistakes found = new Mistakes();
        found.add("body", why + kept());
        exchange.problem(found.problem());
    }

    private void tooLarge(String most) {
        exchange.problem(
                new Problem.Plain(
                        Problem.Kind.CONTENT_TOO_LARGE,
                        "A batch has at most " + most + "." + kept()));
    }

    /** What of it was accepted before it could not go on: who sends it again should know. */
    private String kept() {
        BatchRecord known = batch;
        if (known == null || written == 0) {
            return "";
        }
        String link = exchange.link("/v1/batches/" + known.id());
        exchange.response().putHeader(HttpHeaders.LOCATION, link);
        return " Its first %d lines are kept, in %s: DELETE that, or send it with its key, mended."
                .formatted(written, link);
    }
}
