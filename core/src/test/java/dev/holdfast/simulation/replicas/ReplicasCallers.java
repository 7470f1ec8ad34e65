package dev.holdfast.simulation.replicas;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.Violation;
import dev.holdfast.simulation.World;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Viewer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/** Those who ask the processes of a seed, and what they were promised. */
final class ReplicasCallers {
    private static final int CLIENTS = 3;

    /** Asks of each upstream at once while one is locked, and how often. */
    private static final int ASKS_LOCKED = 4;

    private static final int ROUNDS_LOCKED = 4;
    private static final Viewer ALL = new Viewer(0, true);

    private final ReplicasSimulation simulation;
    private final World world;
    private final List<Kept> kept = new ArrayList<>();
    private int unanswered;
    private int asked;
    int collapsed;
    int hits;

    /** What is asked. */
    record Plan(String upstream, int client, String message, Duration patience) {
        /** Of whoever heard nothing: another order, since nobody knows of the first. */
        Plan anew() {
            return SharedApi.isOrder(message)
                    ? new Plan(upstream, client, message + " anew", patience)
                    : this;
        }
    }

    /** A receipt, and what was asked. */
    private record Kept(Plan plan, UUID id) {}

    ReplicasCallers(ReplicasSimulation simulation) {
        this.simulation = simulation;
        world = simulation.world;
    }

    /** Asks that have no answer that anybody could keep. */
    int unanswered() {
        return unanswered;
    }

    /** Somebody asks for several things at once. */
    void burst() {
        String upstream = "api-" + world.random.nextInt(simulation.apis.size());
        int client = world.random.nextInt(CLIENTS);
        int size = world.chance(0.3) ? 12 : 1 + world.random.nextInt(8);
        for (int i = 0; i < size; i++) {
            int who = world.chance(0.2) ? world.random.nextInt(CLIENTS) : client;
            Duration patience = Duration.ofMillis(world.chance(0.5) ? 0 : 1800);
            unanswered++;
            Plan plan = new Plan(upstream, who, message(), patience);
            world.after(world.millis(0, 1000), () -> ask(plan));
        }
    }

    private String message() {
        asked++;
        return world.chance(0.15) ? "order " + asked : "message " + world.random.nextInt(40);
    }

    private void ask(Plan plan) {
        List<Replica> alive = simulation.alive();
        if (alive.isEmpty()) {
            world.after(ReplicasSimulation.REASK, () -> ask(plan));
            return;
        }
        ask(alive.get(world.random.nextInt(alive.size())), plan, _ -> {});
    }

    private void ask(Replica replica, String upstream, Consumer<Answer> then) {
        unanswered++;
        ask(replica, new Plan(upstream, 0, message(), Duration.ZERO), then);
    }

    private void ask(Replica replica, Plan plan, Consumer<Answer> then) {
        var params = new TreeMap<String, String>();
        params.put("message", plan.message());
        String route =
                SharedApi.isOrder(plan.message())
                        ? Replica.order(plan.upstream())
                        : Replica.sign(plan.upstream());
        Ask ask =
                new Ask(
                        plan.client(),
                        1000,
                        route,
                        params,
                        plan.patience(),
                        null,
                        new Ask.Extras(null, null, null, null));
        boolean[] answered = {false};
        replica.submit(
                ask,
                answer -> {
                    answered[0] = true;
                    then.accept(answer);
                    answered(plan, answer);
                });
        world.after(
                Replica.ANSWER_WITHIN.plusMillis(200),
                () -> {
                    if (!answered[0] && replica.isAlive()) {
                        simulation.violate("P2", "no answer to " + plan);
                    } else if (!answered[0]) {
                        answered[0] = true;
                        ask(plan.anew());
                    }
                });
    }

    private void answered(Plan plan, Answer answer) {
        switch (answer) {
            case Answer.Refused refused -> {
                if (refused.refusal() != Answer.Refusal.STORE_UNAVAILABLE) {
                    simulation.violate("P3", plan + " was refused: " + refused);
                }
                world.after(ReplicasSimulation.REASK, () -> ask(plan));
            }
            case Answer.Uncertain _ ->
                    world.after(ReplicasSimulation.REASK, () -> ask(plan.anew()));
            case Answer.Ready ready -> {
                RequestRecord request = ready.view().request();
                hits += ready.origin() instanceof Answer.Origin.Hit ? 1 : 0;
                checkEnd(plan, request);
                if (request.status() == Status.SUCCEEDED && !SharedApi.isOrder(plan.message())) {
                    api(plan).known(plan.message());
                }
                keep(plan, request);
            }
            case Answer.Receipt receipt -> {
                collapsed += receipt.collapsed() ? 1 : 0;
                RequestRecord request = receipt.view().request();
                if (request.status() == Status.QUEUED && !receipt.collapsed()) {
                    queued(plan).put(plan.message(), world.now());
                }
                keep(plan, request);
            }
        }
    }

    private void keep(Plan plan, RequestRecord request) {
        unanswered--;
        kept.add(new Kept(plan, request.id()));
    }

    private SharedApi api(Plan plan) {
        return Objects.requireNonNull(simulation.apis.get(plan.upstream()));
    }

    private Map<String, Long> queued(Plan plan) {
        return simulation.waiting(plan.upstream());
    }

    /**
     * While one upstream is locked, those who ask for another are answered. A machine that is busy
     * may have a writer stand still for long enough to refuse some; not again and again. Each time
     * nobody remembers that it was locked before.
     */
    void askWhileLocked(Replica replica, String locked) {
        List<Answer> refused = new ArrayList<>();
        for (int round = 0; round < ROUNDS_LOCKED; round++) {
            refused.clear();
            simulation.database.whileLocked(
                    locked, () -> refused.addAll(refusedWhileLocked(replica, locked)));
            if (refused.isEmpty()) {
                return;
            }
            List<Answer> unlocked = new ArrayList<>();
            simulation.apis.keySet().forEach(upstream -> ask(replica, upstream, unlocked::add));
            simulation.pumpUntil(
                    () -> unlocked.size() == simulation.apis.size(), "asks wait for no lock");
        }
        simulation.violate("P6", "not taken, since another upstream is locked: " + refused);
    }

    private List<Answer> refusedWhileLocked(Replica replica, String locked) {
        List<Answer> answers = new ArrayList<>();
        List<String> free =
                simulation.apis.keySet().stream().filter(name -> !name.equals(locked)).toList();
        simulation.faults.together(
                () -> {
                    // The writer begins with one of these, and finds all others together after it.
                    for (String upstream : free) {
                        ask(replica, upstream, answers::add);
                    }
                    for (int i = 1; i < ASKS_LOCKED; i++) {
                        ask(replica, locked, _ -> {});
                        for (String upstream : free) {
                            ask(replica, upstream, answers::add);
                        }
                    }
                    int all = ASKS_LOCKED * free.size() + ASKS_LOCKED - 1;
                    simulation.pumpUntil(
                            () -> simulation.accepting() >= all, "asks do not come to the store");
                });
        int wanted = ASKS_LOCKED * free.size();
        simulation.pumpUntil(
                () -> answers.size() == wanted, "asks wait for another upstream's lock");
        return answers.stream()
                .filter(
                        answer ->
                                answer instanceof Answer.Refused
                                        || answer instanceof Answer.Uncertain)
                .toList();
    }

    /** Every receipt came to its right end. */
    void check(Replica one) {
        for (Kept each : kept) {
            RequestRecord request =
                    one.store()
                            .reads()
                            .request(ALL, each.id())
                            .orElseThrow(() -> new Violation("P3", "lost " + each));
            checkEnd(each.plan(), request);
        }
    }

    private void checkEnd(Plan plan, RequestRecord request) {
        boolean right =
                switch (request.status()) {
                    case SUCCEEDED ->
                            Objects.requireNonNull(request.result())
                                    .body()
                                    .equals(SharedApi.signature(plan.message()));
                    case FAILED ->
                            SharedApi.isOrder(plan.message())
                                    && Objects.requireNonNull(request.failure()).reason()
                                            == Failure.Reason.UNCERTAIN;
                    default -> false;
                };
        if (!right) {
            simulation.violate("P3", plan + " ended as " + request);
        }
    }
}
