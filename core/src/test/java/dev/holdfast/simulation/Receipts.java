package dev.holdfast.simulation;

import dev.holdfast.request.Failure;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.RequestRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Every receipt that was given, and the check of P3: each comes to its right end, and whoever
 * wanted to be told is.
 */
final class Receipts {
    private final List<Kept> all = new ArrayList<>();
    private final List<Kept> open = new ArrayList<>();
    private final List<Kept> untold = new ArrayList<>();
    private final Bodies bodies;
    private final Limits limits;
    private int expired;
    private int unheard;

    Receipts(Bodies bodies, Limits limits) {
        this.bodies = bodies;
        this.limits = limits;
    }

    /** A receipt, and what was asked. */
    record Kept(Plan plan, UUID id) {}

    void keep(Plan plan, UUID id) {
        Kept kept = new Kept(plan, id);
        all.add(kept);
        open.add(kept);
        if (plan.webhook()) {
            untold.add(kept);
        }
    }

    /** A process died before it answered; the ask may be on disk or not. */
    void unheard() {
        unheard++;
    }

    /** Whether every one has ended. */
    boolean haveEnded(SimulatedProcess process) {
        while (!open.isEmpty() && find(process, open.getLast()).status().isFinal()) {
            open.removeLast();
        }
        return open.isEmpty();
    }

    /** Requests of a client that have not ended, of those that anybody knows of. */
    long pending(SimulatedProcess process, int client) {
        return open.stream()
                .filter(kept -> kept.plan().client() == client)
                .map(Kept::id)
                .distinct()
                .filter(id -> !isFinal(process.request(id)))
                .count();
    }

    private static boolean isFinal(@Nullable RequestRecord request) {
        return request == null || request.status().isFinal();
    }

    /** Whether each of those who wanted to was told. */
    boolean wereTold(SimulatedReceiver receiver) {
        untold.removeIf(kept -> receiver.knows(kept.id()));
        return untold.isEmpty();
    }

    /** After a restart: none is lost, and these are queued. */
    void eachQueued(SimulatedProcess process, Consumer<Plan> queued) {
        for (Kept kept : open) {
            if (find(process, kept).status() == Status.QUEUED) {
                queued.accept(kept.plan());
            }
        }
    }

    /** At the end, also those whose end was seen before. */
    void check(SimulatedProcess process, SimulatedReceiver receiver) {
        int more = process.requests() - all.size();
        if (more > unheard) {
            throw new Violation("P3", (more - unheard) + " that were refused are on disk");
        }
        for (Kept kept : all) {
            RequestRecord request = find(process, kept);
            checkEnd(kept.plan(), request);
            if (kept.plan().webhook()) {
                receiver.check(request);
            }
        }
    }

    void checkEnd(Plan plan, RequestRecord request) {
        boolean bad = SimulatedApi.isRejected(plan.message());
        boolean right =
                switch (request.status()) {
                    case SUCCEEDED ->
                            !bad
                                    && bodies.isRight(
                                            plan.message(),
                                            Objects.requireNonNull(request.result()));
                    case FAILED ->
                            bad
                                    || (plan.isOrder() && isUncertain(request))
                                    || limits.mayEnd(request);
                    case EXPIRED -> plan.expiresIn() != null;
                    case CANCELLED -> plan.cancelAfter() != null;
                    case SCHEDULED, QUEUED, RUNNING, RETRYING -> false;
                };
        if (request.status() == Status.EXPIRED) {
            expired++;
        }
        if (!right) {
            throw new Violation("P3", plan + " ended as " + request);
        }
    }

    private static boolean isUncertain(RequestRecord request) {
        return Objects.requireNonNull(request.failure()).reason() == Failure.Reason.UNCERTAIN;
    }

    /** How many expired, of those that were checked. */
    int expired() {
        return expired;
    }

    /** How many wanted to be told. */
    int webhooks() {
        return (int) all.stream().filter(kept -> kept.plan().webhook()).count();
    }

    /** What has not ended or been told, for a violation's message. */
    String unfinished(SimulatedProcess process) {
        List<String> unfinished = new ArrayList<>();
        for (Kept kept : open) {
            unfinished.add(kept.plan() + " is " + process.request(kept.id()));
        }
        untold.forEach(kept -> unfinished.add("nobody was told of " + kept));
        return unfinished.toString();
    }

    private static RequestRecord find(SimulatedProcess process, Kept kept) {
        RequestRecord request = process.request(kept.id());
        if (request == null) {
            throw new Violation("P3", "lost " + kept);
        }
        return request;
    }
}
