package dev.holdfast.simulation;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.request.Body;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Priority;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.Scenario.Plan;
import dev.holdfast.store.Ending;
import dev.holdfast.store.RequestRecord;
import dev.holdfast.store.Store;
import dev.holdfast.store.Viewer;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One seed: callers ask an engine on the real store through an unreliable world, processes crash at
 * any write, clocks jump; after every step the promises P1 to P7 are checked.
 */
final class Simulation {
    static final Duration ANSWER_WITHIN = Duration.ofMillis(1800);

    /** Virtual time after which everything must have ended. */
    private static final Duration LATEST = Duration.ofHours(12);

    /** SQLITE_IOERR. */
    private static final int IO_ERROR = 10;

    /** How long a process that is asked to end waits for its calls. */
    private static final Duration DRAIN = Duration.ofSeconds(10);

    /** Share of seeds in which weeks pass at the end. */
    private static final double WEEKS = 0.05;

    private static final Duration LOOK_EVERY = Duration.ofSeconds(20);
    private static final Duration REASK = Duration.ofSeconds(1);

    /** Share of what waits for its time that is wanted at another one. */
    private static final double CHANGED = 0.5;

    /** What a call may leave late by: P5, and two commits on the simulated disk. */
    static final Duration SLACK =
            Duration.ofMillis(50).plus(SimulatedProcess.SLOWEST_COMMIT.multipliedBy(3));

    /** After a start: what a dead process left in flight is surely written down as lost. */
    static final Duration ORPHANS_SETTLED =
            SimulatedApi.TIMEOUT.plus(SimulatedProcess.LONGEST_STALL).plus(SLACK);

    private final World world;
    private final Flaw flaw;
    private final Scenario scenario;
    private final SimulatedApi api;
    private final SimulatedReceiver receiver;
    private final Path file;
    private final Bodies bodies;
    private final Limits limits;
    private final Receipts receipts;
    private final Turns turns;
    private final Map<String, Long> queuedSince = new TreeMap<>();
    private final Map<String, Long> retriesDue = new TreeMap<>();
    private final Calling calling;
    private final Stops stops = new Stops();
    private final Absence absence;
    private final Bulk bulk;
    private final Later later;
    private final Floors floors;
    private final Recovery recovery;
    private final Keys keys;
    private final @Nullable Neighbour neighbour;
    private final Set<String> underWay = new HashSet<>();
    private final Set<String> known = new HashSet<>();
    final Tally tally = new Tally();

    private final SimulatedProcess.Disk disk = new SimulatedProcess.Disk();
    private SimulatedProcess process;
    private int unanswered;
    private long writes;
    private boolean crashing = true;

    /** What a start writes fails or succeeds as a whole. */
    private boolean starting;

    private boolean done;
    private long closedUntil;
    private @Nullable Violation violation;

    /** What a seed did, so that a sweep can show that its faults fired. */
    static final class Tally {
        int answers;
        int receipts;
        int crashes;
        int crashesAtWrite;
        int clockSteps;
        int reboots;
        int collapsed;
        int hits;
        int expired;
        int cancelled;
        int calls;
        int turnsChecked;
        int fifthsChecked;
        int webhooks;
        int stops;
        int pauses;
        int storeFailures;
        int repeated;
        int probes;
        int looks;
        int laterChecked;
        int floorsChecked;
        int changed;
        int sentAgain;
        int operations;
        int recoveries;
        int waitedForStore;
        int neighboursCalls;
        int neighboursOrders;
        int besideBlocked;
        int retriesInCrowds;
        int turnsInCrowds;
        int weeks;
        int keysRepeated;
        int keysAnew;
        int keptLong;
        int redelivered;
        int limited;
        int closings;
        int webhookWaits;
    }

    Simulation(long seed, Path file) {
        this(seed, file, Flaw.NONE);
    }

    /** With a flaw that a check has to find. */
    Simulation(long seed, Path file, Flaw flaw) {
        this(seed, file, flaw, false, false);
    }

    /** With calls that leave with one of several keys. */
    static Simulation withKeys(long seed, Path file, Flaw flaw) {
        return new Simulation(seed, file, flaw, true, false);
    }

    /** With large bodies and answers. */
    static Simulation withBodies(long seed, Path file) {
        return new Simulation(seed, file, Flaw.NONE, false, true);
    }

    private Simulation(long seed, Path file, Flaw flaw, boolean withKeys, boolean withBodies) {
        this.flaw = flaw;
        this.world = new World(seed);
        this.scenario = Scenario.of(world).crowded(seed).beside(seed);
        this.file = file;
        this.keys = withKeys ? Keys.of(seed, scenario.quota()) : Keys.NONE;
        this.api =
                new SimulatedApi(world, scenario.quota().windows(), keys, this::beforeAnyIsHeard);
        // A batch's lines carry none: others would be called with what they did not send.
        this.bodies =
                new Bodies(
                        world,
                        withBodies && !scenario.inBulk(),
                        () -> process,
                        what -> violate("P3", what));
        this.limits = Limits.of(seed, scenario.inBulk());
        this.receipts = new Receipts(bodies, limits);
        this.receiver = new SimulatedReceiver(world, what -> violate("P3", what));
        this.turns = new Turns(world, scenario, limits, what -> violate("P6", what));
        this.calling = new Calling(world, scenario, limits, this::violate);
        this.absence = new Absence(world, this::violate);
        this.later = new Later(world, what -> violate("P5", what), this::due);
        this.floors =
                new Floors(
                        world,
                        since -> process.isUpAndSteadySince(since),
                        what -> violate("P6", what));
        this.bulk =
                new Bulk(
                        world,
                        () -> process,
                        plan -> ask(plan, null, Body.none()),
                        receipts,
                        this::violate);
        this.recovery =
                new Recovery(world, () -> process, stops::any, this::isUnderWay, this::violate);
        this.neighbour =
                scenario.hasNeighbour()
                        ? new Neighbour(
                                world,
                                bodies,
                                new Neighbour.Outside(
                                        this::leftBeside, this::isBlocked, this::violate))
                        : null;
        world.drift(scenario.troubles().drift());
        this.process = start();
    }

    Bodies bodies() {
        return bodies;
    }

    Keys keys() {
        return keys;
    }

    /** Each start tries at once what is refused, and what left before that was heard. */
    private int beforeAnyIsHeard() {
        int starts = 1 + tally.crashes + tally.crashesAtWrite + tally.reboots + tally.stops;
        return starts * (scenario.concurrency() + 1) + tally.pauses + tally.storeFailures;
    }

    SimulatedApi api() {
        return api;
    }

    SimulatedReceiver receiver() {
        return receiver;
    }

    /** Plays the seed; throws {@link Violation} if a promise is broken. */
    void run() {
        unanswered = scenario.asks().size();
        scenario.asks().forEach(plan -> world.after(plan.at(), () -> ask(plan)));
        scenario.crashes().forEach(at -> world.after(at, () -> crash(false)));
        scenario.clockSteps()
                .forEach(
                        step ->
                                world.after(
                                        step.at(),
                                        () -> {
                                            tally.clockSteps++;
                                            later.clockIsSet(() -> world.stepWallClock(step.by()));
                                        }));
        if (scenario.inBulk()) {
            bulk.play();
        }
        Scenario.Troubles troubles = scenario.troubles();
        troubles.hangs().forEach(hang -> world.after(hang.at(), () -> api.hang(hang.length())));
        troubles.absences().forEach(gone -> world.after(gone.at(), () -> api.leave(gone.length())));
        troubles.stops().forEach(at -> world.after(at, stops::stop));
        troubles.pauses().forEach(pause -> world.after(pause.at(), () -> pause(pause.length())));
        world.after(Scenario.FAULTS_END, this::heal);
        long end = LATEST.toNanos();
        while (!done) {
            if (!step(end)) {
                throw new Violation(
                        "P3",
                        "never ended: "
                                + receipts.unfinished(process)
                                + ", queued "
                                + queuedSince.keySet()
                                + ", unanswered "
                                + unanswered
                                + ", "
                                + process.state()
                                + ", "
                                + scenario.troubles());
            }
        }
        receipts.check(process, receiver);
        bulk.check();
        bodies.checkNothingIsLeft(file);
        playWeeks();
        process.end();
        if (violation != null) {
            throw violation;
        }
        tally.expired = receipts.expired();
        tally.looks = absence.checked;
        tally.turnsChecked = turns.turnsChecked();
        tally.fifthsChecked = turns.fifthsChecked();
        if (neighbour != null) {
            tally.neighboursCalls = neighbour.calls();
            tally.neighboursOrders = neighbour.orders();
            tally.besideBlocked = neighbour.besideBlocked();
        }
        if (scenario.isCrowded()) {
            tally.retriesInCrowds = turns.retriesMade();
            tally.turnsInCrowds = turns.turnsChecked();
        }
        tally.webhooks = receipts.webhooks();
        tally.recoveries = recovery.looks();
        tally.waitedForStore = recovery.waited();
        tally.probes = api.probes();
        tally.laterChecked = later.checked();
        tally.floorsChecked = floors.checked();
        tally.sentAgain = bulk.sentAgain();
        tally.operations = bulk.operations();
        tally.limited = limits.seen();
        tally.closings = calling.closings();
        tally.webhookWaits = receiver.waits();
    }

    private boolean step(long end) {
        boolean more;
        try {
            more = world.step(end);
        } catch (SimulatedCrash _) {
            tally.crashesAtWrite++;
            crash(true);
            more = true;
        }
        if (violation != null) {
            throw violation;
        }
        checkNoIdleQuota();
        if (neighbour != null && !stops.any()) {
            neighbour.check(process, haveAnyEnded());
        }
        return more;
    }

    /** A call of either upstream leaves. */
    private void leftBeside(String message) {
        stops.left(message);
        recovery.left(message);
    }

    private boolean isUnderWay(String message) {
        return underWay.contains(message) || (neighbour != null && neighbour.isUnderWay(message));
    }

    /** Whether the first upstream is not called for some reason but its quota. */
    private boolean isBlocked() {
        long now = world.now();
        return closedUntil >= now || calling.isPaused(now) || absence.isPossible();
    }

    private boolean haveAnyEnded() {
        return tally.crashes + tally.crashesAtWrite + tally.stops + tally.reboots > 0;
    }

    private boolean isNeighbourBusy() {
        return neighbour != null && neighbour.isBusy();
    }

    private void heal() {
        api.heal();
        receiver.heal();
        crashing = false;
        lookWhetherDone();
    }

    private void lookWhetherDone() {
        done = isDone();
        if (!done) {
            world.after(LOOK_EVERY, this::lookWhetherDone);
        }
    }

    private boolean isDone() {
        return unanswered == 0
                && process.isUp()
                && bulk.isDone()
                && receipts.haveEnded(process)
                && receipts.wereTold(receiver);
    }

    private SimulatedProcess start() {
        return new SimulatedProcess(
                world,
                scenario,
                file,
                new SimulatedProcess.Outside(
                        api, new Watching(), receiver, disk, keys, limits, neighbour),
                this::maybeCrash,
                () -> crashing,
                flaw);
    }

    private void maybeCrash(WriteProbe.Step step) throws SQLException {
        if (starting) {
            return;
        }
        writes++;
        boolean mayFail = step == WriteProbe.Step.STATEMENT || step == WriteProbe.Step.COMMIT;
        if (crashing && mayFail && world.chance(scenario.troubles().failing())) {
            tally.storeFailures++;
            process.failed();
            recovery.failed();
            if (world.chance(0.2)) {
                throw new StackOverflowError("simulated");
            }
            throw new SQLException("simulated", null, IO_ERROR);
        }
        if (crashing && scenario.crashesAtWrite().contains(writes)) {
            throw new SimulatedCrash();
        }
    }

    private void crash(boolean atWrite) {
        if (!process.isUp()) {
            return;
        }
        tally.crashes += atWrite ? 0 : 1;
        process.kill();
        processEnded();
        boolean reboots = world.chance(0.3);
        world.after(world.millis(100, 5000), () -> restart(reboots));
    }

    private void processEnded() {
        stops.ended();
        underWay.clear();
        if (neighbour != null) {
            neighbour.processEnded();
        }
        retriesDue.clear();
        calling.crashed();
        limits.crashed();
        receiver.crashed();
        absence.crashed();
        turns.crashed();
        floors.interrupted();
    }

    /**
     * A process that is asked to end: nothing is under way when it says so, nothing leaves after.
     */
    private final class Stops {
        private boolean stopping;
        private boolean drained;

        void stop() {
            if (!process.isUp() || stopping) {
                return;
            }
            stopping = true;
            SimulatedProcess asked = process;
            long limit = world.now() + DRAIN.toNanos() / 2;
            asked.drain(DRAIN, () -> drained(asked, world.now() < limit));
        }

        void drained(SimulatedProcess asked, boolean inTime) {
            drained = true;
            if (inTime && (!underWay.isEmpty() || isNeighbourBusy() || asked.inFlight() > 0)) {
                violate("P3", "drained, and a call is under way: " + underWay);
            }
            world.after(
                    world.millis(0, 300),
                    () -> {
                        if (process == asked && asked.isUp()) {
                            tally.stops++;
                            boolean reboots = world.chance(0.3);
                            world.after(world.millis(100, 5000), () -> restart(reboots));
                            processEnded();
                            asked.end();
                        }
                    });
        }

        void left(String message) {
            if (drained) {
                violate("P3", "a call left after drained: " + message);
            }
        }

        /** Asks get receipts at once, and nothing is called. */
        boolean any() {
            return stopping;
        }

        void ended() {
            stopping = false;
            drained = false;
        }
    }

    private void pause(Duration length) {
        if (!process.isUp() || stops.any()) {
            world.after(REASK, () -> pause(length));
            return;
        }
        tally.pauses++;
        floors.interrupted();
        calling.pausing();
        process.pause(true, calling::paused);
        world.after(length, this::resume);
    }

    private void resume() {
        if (!process.isUp() || stops.any()) {
            world.after(REASK, this::resume);
            return;
        }
        calling.resuming();
        absence.resumed();
        boolean[] done = {false};
        process.pause(
                false,
                () -> {
                    done[0] = true;
                    calling.resumed();
                });
        world.after(
                SimulatedProcess.LONGEST_STALL.multipliedBy(2),
                () -> {
                    if (!done[0]) {
                        resume();
                    }
                });
    }

    /** What goes on for weeks after all ended; nothing is left of it then. */
    private void playWeeks() {
        if (!world.chance(WEEKS)) {
            return;
        }
        Weeks weeks =
                new Weeks(
                        world,
                        new Weeks.Actors(
                                () -> process,
                                plan -> ask(plan, plan.key(), Body.none()),
                                bodies::isLarge,
                                receiver,
                                receipts,
                                inPeace -> {
                                    if (inPeace) {
                                        stops.stop();
                                    } else {
                                        crash(false);
                                    }
                                },
                                () -> world.step(Long.MAX_VALUE)),
                        this::violate);
        weeks.play();
        tally.weeks++;
        tally.keysRepeated = weeks.repeated;
        tally.keysAnew = weeks.anew;
        tally.keptLong = weeks.kept;
        tally.redelivered = weeks.redelivered;
    }

    private void restart(boolean reboots) {
        if (reboots) {
            tally.reboots++;
            world.reboot();
        }
        long settled = world.now() + SLACK.toNanos();
        api.lost(settled);
        if (neighbour != null) {
            neighbour.api().lost(settled);
        }
        starting = true;
        process = start();
        starting = false;
        queuedSince.clear();
        receipts.eachQueued(process, this::queuedBefore);
        later.watchAll();
    }

    private void queuedBefore(Plan plan) {
        if (neighbour != null && plan.isNext()) {
            neighbour.queued(plan);
        } else {
            queuedSince.put(plan.message(), world.now());
        }
    }

    private static String route(Plan plan) {
        if (plan.isNext()) {
            return plan.isOrder() ? Neighbour.ORDERS : Neighbour.ROUTE;
        }
        return plan.isOrder() ? SimulatedProcess.ORDERS : SimulatedProcess.ROUTE;
    }

    private void ask(Plan plan) {
        if (!process.isUp()) {
            world.after(REASK, () -> ask(plan));
            return;
        }
        bodies.keep(
                plan.message(), body -> ask(plan, body), () -> world.after(REASK, () -> ask(plan)));
    }

    private void ask(Plan plan, Body body) {
        SimulatedProcess asked = process;
        long at = world.now();
        boolean[] answered = {false};
        Duration notBefore = plan.notBefore();
        if (notBefore != null) {
            later.asked(plan.message(), world.wall().plus(notBefore));
        }
        asked.submit(
                ask(plan, plan.key(), body),
                answer -> {
                    answered[0] = true;
                    answered(plan, answer, world.now() - at);
                });
        Duration limit = ANSWER_WITHIN.plus(Duration.ofMillis(200));
        world.after(limit, () -> missing(plan, asked, answered));
    }

    private Ask ask(Plan plan, @Nullable String key, Body body) {
        var params = new TreeMap<String, String>();
        params.put("message", plan.message());
        Duration wait = plan.notBefore();
        return new Ask(
                plan.client(),
                limits.maxPending(),
                scenario.inBulk() ? 1 + plan.client() : 1,
                route(plan),
                params,
                Collections.emptySortedMap(),
                plan.patience(),
                null,
                new Ask.Extras(
                        webhook(plan),
                        null,
                        plan.expiresIn(),
                        key,
                        Scenario.priority(plan.message()),
                        wait == null ? null : new NotBefore.At(world.wall().plus(wait))),
                null,
                bodies.isLarge(plan.message()) ? new Ask.Passed(body, !plan.isOrder()) : null);
    }

    private static Ask.@Nullable Webhook webhook(Plan plan) {
        return plan.webhook()
                ? new Ask.Webhook(SimulatedReceiver.url(plan.client(), plan.message()), Map.of())
                : null;
    }

    private void missing(Plan plan, SimulatedProcess asked, boolean[] answered) {
        if (answered[0]) {
            return;
        }
        if (asked.isUp()) {
            throw new Violation("P2", "no answer to " + plan);
        }
        receipts.unheard();
        ask(plan.isOrder() ? plan.anew() : plan);
    }

    private void answered(Plan plan, Answer answer, long nanos) {
        tally.answers++;
        if (nanos > ANSWER_WITHIN.toNanos() * 1_001 / 1_000) {
            violate("P2", "answered after " + Duration.ofNanos(nanos));
        }
        switch (answer) {
            case Answer.Refused refused -> {
                if (refused.refusal() == Answer.Refusal.STORE_UNAVAILABLE) {
                    world.after(REASK, () -> ask(plan));
                } else {
                    unanswered--;
                    limits.refused(plan, refused, this::violate);
                }
            }
            case Answer.Uncertain _ -> world.after(REASK, () -> ask(plan));
            case Answer.Ready ready -> {
                unanswered--;
                RequestRecord request = ready.view().request();
                if (ready.origin() instanceof Answer.Origin.Hit) {
                    tally.hits++;
                }
                if (request.client() != plan.client()) {
                    violate("P7", plan + " was given another client's " + request);
                }
                receipts.checkEnd(plan, request);
                receipts.keep(plan, request.id());
                repeat(plan, request.id());
            }
            case Answer.Receipt receipt -> receipt(plan, receipt);
        }
    }

    private void receipt(Plan plan, Answer.Receipt receipt) {
        unanswered--;
        tally.receipts++;
        RequestRecord request = receipt.view().request();
        receipts.keep(plan, request.id());
        recovery.kept(plan, request.id());
        if (limits.any()) {
            limits.pending(plan, receipts.pending(process, plan.client()), this::violate);
        }
        repeat(plan, request.id());
        if (neighbour != null && plan.isNext()) {
            if (request.status() == Status.QUEUED && process.isQueued(request.id())) {
                neighbour.queued(plan);
            }
            return;
        }
        if (calling.knew(plan.message(), process)) {
            violate("P2", "a receipt though the result is known: " + plan);
        }
        tally.collapsed += receipt.collapsed() ? 1 : 0;
        if (request.status() == Status.QUEUED && process.isQueued(request.id())) {
            if (!receipt.collapsed()) {
                turns.queued(plan, queuedSince.keySet());
            }
            // One that collapsed may have met what an ask left behind that the store was too slow
            // for.
            queuedSince.putIfAbsent(plan.message(), world.now());
        }
        if (plan.notBefore() != null) {
            later.kept(plan.message(), request.id(), request.notBefore());
            if (world.chance(CHANGED)) {
                world.after(world.millis(0, 120_000), () -> change(plan, request.id()));
            }
        }
        Duration cancelAfter = plan.cancelAfter();
        if (cancelAfter != null) {
            world.after(cancelAfter, () -> cancel(plan, request.id()));
        }
    }

    /** The same again, with the same Idempotency-Key. */
    private void repeat(Plan plan, UUID id) {
        if (plan.key() == null || plan.cancelAfter() != null) {
            return;
        }
        world.after(
                world.millis(0, 120_000),
                () -> {
                    if (process.isUp()) {
                        tally.repeated++;
                        bodies.keep(
                                plan.message(),
                                body ->
                                        process.submit(
                                                ask(plan, plan.key(), body),
                                                answer -> repeated(plan, id, answer)),
                                () -> {});
                    }
                });
    }

    private void repeated(Plan plan, UUID id, Answer answer) {
        UUID again =
                switch (answer) {
                    case Answer.Ready ready -> ready.view().request().id();
                    case Answer.Receipt receipt -> receipt.view().request().id();
                    case Answer.Refused _, Answer.Uncertain _ -> id;
                };
        if (!again.equals(id)) {
            violate("P4", plan + " was taken for another request when it was repeated");
        }
    }

    /** Its caller wants it at another time, and first. */
    private void change(Plan plan, UUID id) {
        boolean alone =
                scenario.asks().stream()
                                .filter(other -> other.message().equals(plan.message()))
                                .count()
                        == 1;
        if (!process.isUp() || !alone) {
            return;
        }
        Instant time = world.wall().plus(world.millis(0, 300_000)).truncatedTo(ChronoUnit.MILLIS);
        later.asked(plan.message(), time);
        process.change(
                new Viewer(plan.client(), false),
                id,
                new Store.Wish(Priority.HIGH, true, time),
                ending -> {
                    if (ending.what() == Ending.What.DONE) {
                        tally.changed++;
                        queuedSince.remove(plan.message());
                        later.changed(plan.message(), id, time);
                    }
                });
    }

    /** Its time has come: it is called as soon as a slot is free. */
    private void due(String message) {
        if (process.isUp()) {
            queuedSince.putIfAbsent(message, world.now());
        }
    }

    private boolean waits(String message) {
        return process.isQueuedMessage(message)
                || (later.isDue(message) && process.isScheduledMessage(message));
    }

    private void cancel(Plan plan, UUID id) {
        if (process.isUp()) {
            process.cancel(
                    new Viewer(plan.client(), false),
                    id,
                    ending -> {
                        if (ending.what() == Ending.What.DONE) {
                            tally.cancelled++;
                            queuedSince.remove(plan.message());
                        }
                    });
        }
    }

    /** Sees every call that leaves and every outcome that is heard. */
    private final class Watching implements SimulatedApi.Calls {
        @Override
        public void left(String message, int attempt) {
            tally.calls++;
            queuedSince.remove(message);
            retriesDue.remove(message);
            leftBeside(message);
            calling.left(message, underWay.size() + 1, process);
            limits.left(message, attempt, Simulation.this::violate);
            absence.left(message);
            if (!underWay.add(message)) {
                violate("P4", "two calls at once for " + message);
            }
            if (known.contains(message)) {
                violate("P4", "a call for a known result: " + message);
            }
            turns.left(message, attempt);
            later.left(message);
            bulk.left(message);
            floors.left(message, queuedSince);
        }

        @Override
        public void carries(String message, Body body) {
            bodies.left(message, body);
        }

        @Override
        public void heard(String message, Outcome outcome, Consumer<Outcome> then) {
            bodies.heard(message, outcome, then);
        }

        @Override
        public void settled(String message, Outcome outcome) {
            underWay.remove(message);
            absence.settled(message, outcome);
            boolean charged = !absence.isUncharged(outcome);
            calling.settled(message, outcome, charged);
            limits.settled(message, outcome, charged);
            if (keys.isNone() && limits.any()) {
                calling.closes(outcome);
            }
            if (outcome instanceof Outcome.Throttled(_, @Nullable Duration retryAfter)) {
                Duration closed = retryAfter == null ? Duration.ofSeconds(60) : retryAfter;
                // It closes when that is written, which a stall may delay.
                Duration late = SLACK.plus(SimulatedProcess.LONGEST_STALL);
                closedUntil = Math.max(closedUntil, world.now() + closed.plus(late).toNanos());
            }
            if (outcome instanceof Outcome.Failed failed) {
                boolean order = Scenario.isOrder(message);
                if (!order || !failed.uncertain()) {
                    turns.failed(message);
                }
                if (!order) {
                    Duration wait = SimulatedProcess.LONGEST_BACKOFF;
                    retriesDue.put(message, world.now() + wait.toNanos());
                }
            }
            if (outcome instanceof Outcome.Done) {
                SimulatedProcess heard = process;
                world.after(
                        SimulatedProcess.LONGEST_STALL.multipliedBy(2),
                        () -> {
                            if (heard.isUp()) {
                                known.add(message);
                            }
                        });
            }
        }
    }

    private void checkNoIdleQuota() {
        long slack = SLACK.toNanos();
        long now = world.now();
        boolean waiting = isOver(queuedSince, now - slack) || isOver(retriesDue, now - slack);
        if (!waiting || !isSteady(now, slack) || closedUntil >= now) {
            return;
        }
        if (!keys.isNone()) {
            return; // what is free of several ledgers the store's contract says
        }
        if (stops.any() || calling.isPaused(now - slack) || absence.isPossible()) {
            return;
        }
        long busy = api.busySince(now - slack);
        // A call that was heard while the disk stalled keeps its slot that much longer.
        long late = slack + process.stallWithin(scenario.quota().memory());
        if (busy >= scenario.concurrency() || api.surelyFree(late) <= 0) {
            return;
        }
        // Some of them may have expired, or a crash took them back; that costs a look at the disk.
        queuedSince.keySet().removeIf(message -> !waits(message));
        retriesDue.keySet().removeIf(message -> !process.isRetryingMessage(message));
        if (isOver(queuedSince, now - slack) || isOver(retriesDue, now - slack)) {
            throw new Violation(
                    "P5",
                    "slots are free and these wait: "
                            + queuedSince.keySet()
                            + ", these are due again: "
                            + retriesDue.keySet()
                            + " at "
                            + Duration.ofNanos(now)
                            + ", "
                            + scenario.quota()
                            + ", "
                            + process.state());
        }
    }

    private static boolean isOver(Map<String, Long> since, long now) {
        return since.values().stream().anyMatch(at -> at < now);
    }

    /**
     * A process that followed another, killed or stopped while calls were under way, holds slots
     * for claims whose calls never left, until a window after the first sign of life that came to a
     * call of its own; after a reboot the time that only the wall clock speaks for does not count.
     */
    private boolean isSteady(long now, long slack) {
        if (!haveAnyEnded()) {
            return process.isUpAndSteadySince(now - slack);
        }
        long since = now - slack - scenario.quota().memory().toNanos();
        long alive = api.aliveSince(process.startedAt() + ORPHANS_SETTLED.toNanos());
        return process.isUpAndSteadySince(since) && alive < since;
    }

    /** From inside a callback, where an exception would be swallowed. */
    private void violate(String promise, String what) {
        if (violation == null) {
            violation = new Violation(promise, what + ", " + scenario.troubles());
        }
    }
}
