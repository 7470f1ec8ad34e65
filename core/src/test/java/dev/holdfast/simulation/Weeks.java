package dev.holdfast.simulation;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Two weeks after all has ended, in a few seeds: twice a day the machine, which was suspended
 * meanwhile, is used for some minutes. Somebody asks, and again with an Idempotency-Key of before;
 * webhooks that had been taken are wanted once more; a process is killed and another one ends in
 * peace; what is old is forgotten, and nothing else.
 */
final class Weeks {
    private static final int HALF_DAYS = 28;

    /** In the first of them somebody asks, so often each time. */
    private static final int ASKING = 8;

    private static final int ASKS = 2;

    /** In these a process ends. */
    private static final int KILLED = 3;

    private static final int STOPPED = 5;

    private static final Duration LEAST = Duration.ofHours(10);
    private static final Duration MOST = Duration.ofHours(14);

    /** Of each half day. */
    private static final Duration USED = Duration.ofMinutes(2);

    /** What clocks that drift make of a week, and what is done late. */
    private static final Duration ABOUT = Duration.ofMinutes(10);

    private static final Duration RETENTION = SimulatedProcess.OPTIONS.retention().succeeded();

    private final World world;
    private final Actors actors;
    private final BiConsumer<String, String> violation;
    private final List<Kept> all = new ArrayList<>();

    /** Repeats within a day of the first ask, and after it. */
    int repeated;

    int anew;

    /** Looks at what is almost as old as it gets. */
    int kept;

    int redelivered;

    /**
     * Who takes part.
     *
     * @param process the one that is up or was last
     * @param ask makes a plan an ask
     * @param isLarge whether a message would need a body
     * @param end ends the process, in peace or not; another one follows within seconds
     * @param step plays what is next; false if there is nothing more
     */
    record Actors(
            Supplier<SimulatedProcess> process,
            Function<Plan, Ask> ask,
            Predicate<String> isLarge,
            SimulatedReceiver receiver,
            Receipts receipts,
            Ending end,
            BooleanSupplier step) {}

    /** Ends a process. */
    @FunctionalInterface
    interface Ending {
        void end(boolean inPeace);
    }

    /** What was asked, and when it was asked first with its key. */
    private static final class Kept {
        final Plan plan;
        UUID id;
        long at;

        Kept(Plan plan, UUID id, long at) {
            this.plan = plan;
            this.id = id;
            this.at = at;
        }
    }

    Weeks(World world, Actors actors, BiConsumer<String, String> violation) {
        this.world = world;
        this.actors = actors;
        this.violation = violation;
    }

    void play() {
        for (int i = 0; i < HALF_DAYS; i++) {
            world.skip(world.between(LEAST, MOST));
            if (i == KILLED || i == STOPPED) {
                actors.end().end(i == STOPPED);
            }
            use();
            actors.process().get().prune();
            check();
            boolean asking = i < ASKING;
            if (asking) {
                repeat();
                for (int n = 0; n < ASKS; n++) {
                    ask(i * ASKS + n);
                }
                use();
                redeliver();
            }
        }
        int left = actors.process().get().requests();
        if (left > 0) {
            violation.accept("P3", left + " requests are kept beyond the retention");
        }
    }

    private void use() {
        boolean[] over = {false};
        world.after(USED, () -> over[0] = true);
        while (!over[0] && actors.step().getAsBoolean()) {
            // It goes on.
        }
    }

    private void ask(int number) {
        int client = world.random.nextInt(Scenario.CLIENTS);
        String kind = world.chance(0.3) ? "order " : "week ";
        StringBuilder message = new StringBuilder(kind + client + " in weeks " + number);
        while (actors.isLarge().test(message.toString())) {
            message.append(" small");
        }
        Plan plan =
                new Plan(
                        Duration.ofNanos(world.now()),
                        client,
                        message.toString(),
                        Duration.ofMillis(world.chance(0.5) ? 0 : 1800),
                        null,
                        null,
                        world.chance(0.5),
                        "key in weeks " + number);
        long at = world.now();
        submit(plan, id -> all.add(new Kept(plan, id, at)));
    }

    private void submit(Plan plan, Consumer<UUID> then) {
        actors.process()
                .get()
                .submit(
                        actors.ask().apply(plan),
                        answer -> {
                            UUID id = id(answer);
                            if (id == null) {
                                violation.accept("P2", plan + " was answered by " + answer);
                            } else {
                                then.accept(id);
                            }
                        });
    }

    private static @Nullable UUID id(Answer answer) {
        return switch (answer) {
            case Answer.Ready ready -> ready.view().request().id();
            case Answer.Receipt receipt -> receipt.view().request().id();
            case Answer.Refused _, Answer.Uncertain _ -> null;
        };
    }

    /** The same again: the same request for a day, and another one then. */
    private void repeat() {
        for (Kept each : List.copyOf(all)) {
            long age = world.now() - each.at;
            if (age < StoreOptions.IDEMPOTENCY.minus(ABOUT).toNanos()) {
                repeated++;
                submit(each.plan, id -> isSame(each, id));
            } else if (age > StoreOptions.IDEMPOTENCY.plus(ABOUT).toNanos()
                    && !each.plan.isOrder()) {
                long at = world.now();
                submit(each.plan, id -> isAnother(each, id, at));
            }
        }
    }

    private void isSame(Kept each, UUID id) {
        if (!id.equals(each.id)) {
            violation.accept("P4", each.plan + " was another request within a day of its key");
        }
    }

    private void isAnother(Kept each, UUID id, long at) {
        if (id.equals(each.id)) {
            violation.accept("P4", each.plan + " was the same request after its key was over");
        }
        anew++;
        all.add(new Kept(each.plan, id, at));
        all.remove(each);
    }

    /** Somebody wants to be told once more. */
    private void redeliver() {
        for (Kept each : all) {
            if (each.plan.webhook() && world.chance(0.5)) {
                int before = actors.receiver().takes(each.id);
                if (before > 0) {
                    actors.receiver().wantedAgain(each.id);
                    actors.process()
                            .get()
                            .redeliver(new Viewer(each.plan.client(), false), each.id);
                    use();
                    redelivered++;
                    if (actors.receiver().takes(each.id) <= before) {
                        violation.accept("P3", each.plan + " was not told again");
                    }
                }
            }
        }
    }

    /** What is not old is there, with its right end, and what is old is not. */
    private void check() {
        for (Kept each : all) {
            long age = world.now() - each.at;
            RequestRecord request = actors.process().get().request(each.id);
            if (request != null) {
                actors.receipts().checkEnd(each.plan, request);
                // It ended within a day of its ask.
                if (age > RETENTION.plusDays(1).plus(ABOUT).toNanos()) {
                    violation.accept("P3", each.plan + " is kept beyond the retention");
                }
                kept += age > RETENTION.minusDays(1).toNanos() ? 1 : 0;
            } else if (age < RETENTION.minus(ABOUT).toNanos()) {
                violation.accept("P3", each.plan + " was forgotten before its time");
            }
        }
    }
}
