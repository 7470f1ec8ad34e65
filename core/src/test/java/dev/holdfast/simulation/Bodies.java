package dev.holdfast.simulation;

import dev.holdfast.request.Body;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Result;
import dev.holdfast.store.Collecting;
import dev.holdfast.store.Contents;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Requests with bodies in pieces and answers as large: they are written piece by piece, lost in the
 * middle by a crash, called with byte for byte, and swept up when nobody refers to them.
 */
final class Bodies {
    /** Of two pieces or three. */
    private static final int FEWEST_BYTES = Contents.CHUNK_BYTES + 1;

    private static final int MOST_BYTES = 3 * Contents.CHUNK_BYTES;

    /** Of three messages these many have no large body. */
    private static final int SMALL = 1;

    /** Surely longer than its pieces take on a disk that stalls with each. */
    private static final Duration KEPT_WITHIN = SimulatedProcess.LONGEST_STALL.multipliedBy(10);

    private final World world;
    private final boolean any;
    private final Supplier<SimulatedProcess> process;
    private final Consumer<String> violate;
    private int arrived;
    private int checked;
    private int broken;

    /**
     * @param any whether there are any at all
     * @param violate told how P3 was broken
     */
    Bodies(World world, boolean any, Supplier<SimulatedProcess> process, Consumer<String> violate) {
        this.world = world;
        this.any = any;
        this.process = process;
        this.violate = violate;
    }

    boolean isLarge(String message) {
        return any && Math.floorMod(message.hashCode(), 3) >= SMALL;
    }

    /** Bodies that came whole to the upstream. */
    int arrived() {
        return arrived;
    }

    /** Answers that were found whole. */
    int checked() {
        return checked;
    }

    /** Bodies that were not kept to their end, or not asked with. */
    int broken() {
        return broken;
    }

    /**
     * Has a message's body kept, if it has one, before it is asked.
     *
     * @param again runs if it could not be kept, or the process was gone before
     */
    void keep(String message, Consumer<Body> then, Runnable again) {
        if (!isLarge(message)) {
            then.accept(Body.none());
            return;
        }
        SimulatedProcess asked = process.get();
        boolean[] over = {false};
        write(asked, Contents.Owner.JOB, bytes(message, false))
                .accept(
                        body -> {
                            over[0] = true;
                            then.accept(body);
                        },
                        () -> {
                            over[0] = true;
                            broken++;
                            again.run();
                        });
        world.after(
                KEPT_WITHIN,
                () -> {
                    if (!over[0] && asked.isUp()) {
                        violate.accept("a body was neither kept nor refused: " + message);
                    } else if (!over[0]) {
                        broken++;
                        again.run();
                    }
                });
    }

    /** What hears of a body that was written, or was not. */
    private interface Written {
        void accept(Consumer<Body> then, Runnable failed);
    }

    private static Written write(SimulatedProcess by, Contents.Owner owner, byte[] bytes) {
        Collecting all = new Collecting(by.contents(), owner, by.newId());
        return (then, failed) ->
                all.add(bytes)
                        .thenCompose(_ -> all.end())
                        .whenComplete(
                                (body, error) -> {
                                    if (error == null) {
                                        then.accept(body);
                                    } else {
                                        all.drop();
                                        failed.run();
                                    }
                                });
    }

    /** A call leaves with it: it is there, byte for byte, as long as its job is not done. */
    void left(String message, Body body) {
        if (!isLarge(message)) {
            return;
        }
        if (isWhole(body, bytes(message, false))) {
            arrived++;
        } else {
            violate.accept("a call for " + message + " left with another body: " + body);
        }
    }

    /** What is heard of a call: an answer is kept before that. */
    void heard(String message, Outcome outcome, Consumer<Outcome> then) {
        if (!isLarge(message) || !(outcome instanceof Outcome.Done)) {
            then.accept(outcome);
            return;
        }
        write(process.get(), Contents.Owner.JOB, bytes(message, true))
                .accept(
                        body ->
                                then.accept(
                                        new Outcome.Done(
                                                new Result(200, new Original(List.of(), body)))),
                        () -> then.accept(new Outcome.Failed(Outcome.Why.RESET, null, null, true)));
    }

    /** Whether this is what a message's request ends with. */
    boolean isRight(String message, Result result) {
        if (!isLarge(message)) {
            return result.body().equals(SimulatedApi.signature(message));
        }
        Original original = result.original();
        boolean right = original != null && isWhole(original.body(), bytes(message, true));
        checked += right ? 1 : 0;
        return right;
    }

    private boolean isWhole(Body body, byte[] wanted) {
        if (!(body instanceof Body.Kept kept)) {
            return false;
        }
        Contents contents = process.get().contents();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int number = 0;
        for (byte[] piece; (piece = contents.chunk(kept.id(), number)) != null; number++) {
            all.writeBytes(piece);
        }
        return kept.size() == wanted.length && Arrays.equals(all.toByteArray(), wanted);
    }

    /** Nothing is kept that no job refers to, or that a job that is done does not need. */
    void checkNothingIsLeft(Path file) {
        if (!any) {
            return;
        }
        boolean[] over = {false};
        world.after(Contents.LEASE.plus(Contents.LEASE), () -> over[0] = true);
        while (!over[0]) {
            world.step(Long.MAX_VALUE);
        }
        process.get().prune();
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = database.createStatement()) {
            none(statement, "swept later", "content WHERE drop_at IS NOT NULL");
            none(
                    statement,
                    "are nobody's",
                    """
                    content WHERE NOT EXISTS (
                        SELECT 1 FROM job WHERE content.id IN (body_content, answer_content))
                    """);
            // One that failed may be asked for again.
            none(
                    statement,
                    "were asked with, by who needs them no more",
                    """
                    job WHERE body_content IS NOT NULL AND finished_ms IS NOT NULL
                        AND status <> 'failed'
                    """);
            none(
                    statement,
                    "have other bytes than their pieces",
                    """
                    content WHERE bytes <> (
                        SELECT coalesce(sum(length(piece.bytes)), 0) FROM piece
                        WHERE piece.content = content.id)
                    """);
            none(
                    statement,
                    "have pieces alone",
                    "piece WHERE content NOT IN (SELECT id FROM content)");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void none(Statement statement, String what, String of) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + of)) {
            row.next();
            if (row.getInt(1) > 0) {
                violate.accept(row.getInt(1) + " large bodies " + what);
            }
        }
    }

    private static byte[] bytes(String message, boolean answer) {
        Random of = new Random(2L * message.hashCode() + (answer ? 1 : 0));
        byte[] bytes = new byte[of.nextInt(FEWEST_BYTES, MOST_BYTES)];
        of.nextBytes(bytes);
        return bytes;
    }
}
