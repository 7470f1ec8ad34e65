package dev.holdfast.simulation;

import dev.holdfast.simulation.Scenario.Plan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The check of P6: nobody's lone job is passed by more than a turn of another's, and due retries
 * get their fifth.
 */
final class Turns {
    /** Asks of one client within this time may reach the disk in any order. */
    private static final Duration CROWD = Duration.ofSeconds(10);

    /**
     * First calls of one other client that may go before a lone job: its turn, and one under way.
     */
    private static final int PASSED = 2;

    /** First calls that may go before the retries' fifth begins (decision record 12). */
    private static final int BURST = 60;

    /** First calls to a retry: four to one are a fifth. */
    private static final int TO_A_RETRY = 4;

    private final World world;
    private final Scenario scenario;
    private final Limits limits;
    private final Consumer<String> violation;
    private final Set<String> endEarly;
    private final List<Integer> firstCalls;
    private final Map<String, Lone> lone = new HashMap<>();
    private final Map<String, Retry> retries = new HashMap<>();
    private int allFirstCalls;
    private int retriesMade;
    private int turnsChecked;
    private int fifthsChecked;

    /** How often others' jobs had been called first when a client's lone job was queued. */
    private record Lone(int client, List<Integer> before) {}

    /** A retry that is surely due from {@code due} on, and the calls counted then, once it is. */
    private record Retry(long due, @Nullable Calls before) {}

    private record Calls(int first, int retries) {}

    /**
     * Sees one seed's calls.
     *
     * @param violation told what broke P6
     */
    Turns(World world, Scenario scenario, Limits limits, Consumer<String> violation) {
        this.world = world;
        this.scenario = scenario;
        this.limits = limits;
        this.violation = violation;
        firstCalls = new ArrayList<>(Collections.nCopies(scenario.clients(), 0));
        endEarly =
                scenario.asks().stream()
                        .filter(plan -> plan.expiresIn() != null || plan.cancelAfter() != null)
                        .map(Plan::message)
                        .collect(Collectors.toSet());
    }

    int turnsChecked() {
        return turnsChecked;
    }

    /** Calls that were made again. */
    int retriesMade() {
        return retriesMade;
    }

    int fifthsChecked() {
        return fifthsChecked;
    }

    /** A job was queued; if it is its client's only one, nobody may pass it twice. */
    void queued(Plan plan, Collection<String> queued) {
        // Of all classes those that are higher pass, and whoever weighs more has more turns.
        boolean alone =
                !scenario.inBulk()
                        && !plan.isShared()
                        && !endEarly.contains(Scenario.first(plan.message()))
                        && !isAskingMore(plan)
                        && queued.stream().noneMatch(other -> mayBeOf(plan.client(), other));
        if (alone) {
            lone.put(plan.message(), new Lone(plan.client(), List.copyOf(firstCalls)));
        }
    }

    /** A shared message may be in anybody's lane. */
    private static boolean mayBeOf(int client, String message) {
        return message.startsWith("shared") || message.contains(" " + client + " ");
    }

    /** Whether its client has asked something else that may not be in the queue's picture yet. */
    private boolean isAskingMore(Plan plan) {
        return scenario.asks().stream()
                .anyMatch(
                        other ->
                                other.client() == plan.client()
                                        && plan.at().minus(other.at()).abs().compareTo(CROWD) < 0
                                        && !other.equals(plan));
    }

    /** A call left. */
    void left(String message, int attempt) {
        retries.remove(message);
        if (attempt == 1) {
            checkTurn(message);
            checkFifth();
            allFirstCalls++;
            if (!message.startsWith("shared")) {
                int client = Integer.parseInt(message.split(" ", -1)[1]);
                firstCalls.set(client, firstCalls.get(client) + 1);
            }
        } else {
            retriesMade++;
        }
    }

    /** A call failed and will be made again. */
    void failed(String message) {
        if (!scenario.inBulk() && !limits.any() && !endEarly.contains(Scenario.first(message))) {
            long due = world.now() + SimulatedProcess.LONGEST_BACKOFF.toNanos();
            retries.put(message, new Retry(due, null));
        }
    }

    /** The process is gone; what is queued now is found out by the next one. */
    void crashed() {
        lone.clear();
        retries.clear();
    }

    private void checkTurn(String message) {
        Lone turn = lone.remove(message);
        if (turn == null) {
            return;
        }
        turnsChecked++;
        for (int other = 0; other < scenario.clients(); other++) {
            int passed = firstCalls.get(other) - turn.before().get(other);
            if (other != turn.client() && passed > PASSED) {
                violation.accept(passed + " first calls of one client went before " + message);
            }
        }
    }

    private void checkFifth() {
        retries.replaceAll(
                (_, retry) ->
                        retry.before() == null && retry.due() < world.now()
                                ? new Retry(retry.due(), new Calls(allFirstCalls, retriesMade))
                                : retry);
        retries.forEach(
                (message, retry) -> {
                    Calls before = retry.before();
                    if (before != null) {
                        int first = allFirstCalls - before.first();
                        int made = retriesMade - before.retries();
                        fifthsChecked += first > BURST ? 1 : 0;
                        if (first > BURST + TO_A_RETRY * (made + 1)) {
                            violation.accept(
                                    "%d first calls and %d retries went while %s was due"
                                            .formatted(first, made, message));
                        }
                    }
                });
    }
}
