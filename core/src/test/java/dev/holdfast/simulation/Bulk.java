package dev.holdfast.simulation;

import dev.holdfast.engine.Ask;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.Batches;
import dev.holdfast.store.Batches.BatchRecord;
import dev.holdfast.store.Operations;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What comes in bulk: batches whose sender is cut off, or whose process dies, and who sends them
 * again; operations that retry what failed of one and cancel another. The check of P3: each line is
 * there once, and what was to be done to all is done to all.
 */
final class Bulk {
    private static final int SLICE = 8;
    private static final int MOST_LINES = 40;

    /** Share of slices after which the sender is cut off. */
    private static final double CUT = 0.15;

    /** Share of lines that the upstream refuses. */
    private static final double BAD = 0.2;

    /** After this a sender that heard nothing sends again. */
    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private static final Duration LOOK = Duration.ofSeconds(5);

    private final World world;
    private final Supplier<SimulatedProcess> process;
    private final Function<Plan, Ask> asks;
    private final Receipts receipts;
    private final BiConsumer<String, String> violation;
    private final List<Sent> batches = new ArrayList<>();
    private final Map<String, Integer> calls = new HashMap<>();
    private int sentAgain;
    private int operations;

    /** One batch, and who sends it. */
    private static final class Sent {
        final List<Plan> lines;
        final int number;
        final Operations.Act act;
        int turn;
        @Nullable BatchRecord whole;
        @Nullable UUID operation;
        boolean operated;

        /** Lines that had failed when they were to be retried, and how often they were called. */
        final Map<String, Integer> failed = new HashMap<>();

        Sent(List<Plan> lines, int number, Operations.Act act) {
            this.lines = lines;
            this.number = number;
            this.act = act;
        }

        int client() {
            return lines.getFirst().client();
        }
    }

    /**
     * Plays one seed's.
     *
     * @param process the one that is up, or was
     * @param asks makes an ask of a plan
     * @param violation told which promise is broken, and how
     */
    Bulk(
            World world,
            Supplier<SimulatedProcess> process,
            Function<Plan, Ask> asks,
            Receipts receipts,
            BiConsumer<String, String> violation) {
        this.world = world;
        this.process = process;
        this.asks = asks;
        this.receipts = receipts;
        this.violation = violation;
    }

    /** How often a batch was sent again. */
    int sentAgain() {
        return sentAgain;
    }

    /** How many operations came to their end. */
    int operations() {
        return operations;
    }

    /** Has one batch retried of what fails, and one cancelled. */
    void play() {
        for (Operations.Act act : List.of(Operations.Act.RETRY, Operations.Act.CANCEL)) {
            int number = batches.size();
            int client = world.random.nextInt(Scenario.CLIENTS);
            List<Plan> lines = new ArrayList<>();
            for (int i = 1 + world.random.nextInt(MOST_LINES); i > 0; i--) {
                String kind = world.chance(BAD) ? "bad " : "line ";
                boolean mayEnd = act == Operations.Act.CANCEL;
                lines.add(
                        new Plan(
                                Duration.ZERO,
                                client,
                                kind + client + " " + number + "-" + i,
                                Duration.ZERO,
                                null,
                                mayEnd ? Duration.ZERO : null,
                                false,
                                null));
            }
            Sent batch = new Sent(List.copyOf(lines), number, act);
            batches.add(batch);
            world.after(
                    world.between(Duration.ZERO, Scenario.FAULTS_END.dividedBy(2)),
                    () -> send(batch));
        }
    }

    /** Whether all was sent and done. */
    boolean isDone() {
        return batches.stream().allMatch(batch -> batch.operated);
    }

    /** A call leaves. */
    void left(String message) {
        calls.merge(message, 1, Integer::sum);
    }

    private void send(Sent batch) {
        if (batch.whole != null) {
            return;
        }
        int turn = ++batch.turn;
        sentAgain += turn > 1 ? 1 : 0;
        world.after(PATIENCE, () -> again(batch, turn));
        if (process.get().isUp()) {
            var wanted = new Batches.NewBatch(batch.client(), "batch " + batch.number, null);
            process.get().begin(wanted, begun -> write(batch, turn, begun, begun.lines()));
        }
    }

    private void again(Sent batch, int turn) {
        if (batch.turn == turn) {
            send(batch);
        }
    }

    /** Sends what follows on the lines that are known. */
    private void write(Sent batch, int turn, BatchRecord known, int from) {
        if (batch.turn != turn || batch.whole != null) {
            return;
        }
        if (from == batch.lines.size()) {
            whole(batch, known);
            return;
        }
        int to = Math.min(batch.lines.size(), from + SLICE);
        SimulatedProcess up = process.get();
        List<Batches.Line> lines =
                batch.lines.subList(from, to).stream()
                        .map(plan -> up.line(asks.apply(plan)))
                        .toList();
        boolean last = to == batch.lines.size();
        up.write(
                new Batches.Slice(known, from, lines, "to " + to, last, false, Enum::name),
                applied -> {
                    if (applied) {
                        write(batch, turn, known, to);
                    } else {
                        again(batch, turn);
                    }
                });
        if (world.chance(CUT)) {
            // What it sent is on its way, and it hears no more of it.
            batch.turn++;
            world.after(world.millis(0, 2000), () -> send(batch));
        }
    }

    /** All its lines are receipts now. */
    private void whole(Sent batch, BatchRecord known) {
        batch.whole = known;
        for (int i = 0; i < batch.lines.size(); i++) {
            receipts.keep(batch.lines.get(i), Batches.line(known.id(), i + 1));
        }
        world.after(world.millis(0, 300_000), () -> operate(batch));
    }

    private void operate(Sent batch) {
        UUID known = batch.operation;
        SimulatedProcess up = process.get();
        if (!up.isUp()) {
            world.after(LOOK, () -> operate(batch));
        } else if (known == null) {
            boolean retry = batch.act == Operations.Act.RETRY;
            if (retry) {
                batch.failed.clear();
                eachLine(batch, this::keepFailed);
            }
            UUID id = Objects.requireNonNull(batch.whole).id();
            up.operate(
                    new Operations.NewOperation(
                            new Viewer(batch.client(), false),
                            batch.act,
                            new Operations.Filter(
                                    retry ? Status.FAILED.wire() : null,
                                    null,
                                    null,
                                    null,
                                    null,
                                    null,
                                    null,
                                    id,
                                    null,
                                    null),
                            false,
                            world.chance(0.5) ? 2 : 0),
                    begun -> batch.operation = begun);
            // It may not be heard of: then it is begun again, which changes nothing.
            world.after(PATIENCE, () -> operate(batch));
        } else if (up.state(known) == Operations.State.RUNNING) {
            world.after(LOOK, () -> operate(batch));
        } else {
            operations++;
            batch.operated = true;
            if (batch.act == Operations.Act.CANCEL) {
                eachLine(batch, Bulk.this::checkEnded);
            }
        }
    }

    private interface EachLine {
        void of(Sent batch, Plan plan, RequestRecord request);
    }

    private void eachLine(Sent batch, EachLine each) {
        UUID id = Objects.requireNonNull(batch.whole).id();
        for (int i = 0; i < batch.lines.size(); i++) {
            RequestRecord line = process.get().request(Batches.line(id, i + 1));
            if (line == null) {
                violation.accept("P3", "lost line " + (i + 1) + " of batch " + batch.number);
            } else {
                each.of(batch, batch.lines.get(i), line);
            }
        }
    }

    private void keepFailed(Sent batch, Plan plan, RequestRecord line) {
        if (line.status() == Status.FAILED) {
            batch.failed.put(plan.message(), calls.getOrDefault(plan.message(), 0));
        }
    }

    private void checkEnded(Sent batch, Plan plan, RequestRecord line) {
        if (!line.status().isFinal()) {
            violation.accept(
                    "P3", "batch " + batch.number + " was cancelled, and goes on: " + line);
        }
    }

    /** At the end. */
    void check() {
        Map<String, Integer> there = process.get().requestsByParams();
        for (Sent batch : batches) {
            for (Plan plan : batch.lines) {
                int times = there.getOrDefault(SimulatedProcess.params(plan.message()), 0);
                if (times != 1) {
                    throw new Violation("P3", times + " times there: " + plan);
                }
            }
            batch.failed.forEach(
                    (message, before) -> {
                        if (calls.getOrDefault(message, 0) <= before) {
                            throw new Violation("P3", "not called again: " + message);
                        }
                    });
        }
    }
}
