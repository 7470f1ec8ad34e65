package dev.holdfast.simulation.tenants;

import dev.holdfast.engine.Answer;
import dev.holdfast.engine.Ask;
import dev.holdfast.engine.Upstream;
import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Status;
import dev.holdfast.simulation.SimulatedCrash;
import dev.holdfast.simulation.Violation;
import dev.holdfast.simulation.World;
import dev.holdfast.simulation.tenants.Play.Change;
import dev.holdfast.simulation.tenants.Play.Plan;
import dev.holdfast.store.ClaimAsk;
import dev.holdfast.store.sql.WriteProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One seed: tenants ask one upstream that has a quota for each of them, for all together and for
 * each key, in calls and in tokens; what they are allowed changes while calls are under way, some
 * are paused, refused or asked to wait, and processes die at any write. Each arrival is counted in
 * each of its ledgers (P1), and what is free and due leaves whoever else waits (P5, P6).
 */
final class TenantsSimulation {
    /** What a call may leave late by: P5, and two commits on the simulated disk. */
    static final Duration SLACK = Duration.ofMillis(50).plus(Life.SLOWEST_COMMIT.multipliedBy(3));

    /** What is refused is tried at distances of ten seconds, and may leave so much later. */
    static final Duration APART = Duration.ofSeconds(6);

    /** A claimed call that has not left by then is not made. */
    private static final Duration LEAVES_WITHIN = Duration.ofSeconds(3);

    private static final Duration LATEST = Duration.ofHours(1);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration PRUNED_EVERY = Duration.ofSeconds(3);

    /** How long an answer that says no time closes. */
    private static final Duration CLOSED_AT_MOST = Play.LONGEST;

    private static final String ALL = "all";

    private final World world;
    private final Play play;
    private final Path file;
    private final TenantsApi api;
    private final Map<String, Account> accounts = new LinkedHashMap<>();
    private final Waiting waiting;
    private final Map<String, OwnRules> own;
    private final Map<String, Plan> plans = new HashMap<>();
    private final Map<String, UUID> kept = new TreeMap<>();
    final Map<String, Integer> seen = new TreeMap<>();
    private Rules all;
    private PartitionRules each;
    private Life life;
    private boolean starting;
    private boolean probing;
    private boolean healed;
    private boolean changing;

    /** Whether calls were to be made again after a pause; there is one in a seed at most. */
    private boolean resumes;

    private boolean done;
    private boolean lost;
    private int unanswered;
    private long writes;
    private @Nullable Violation violation;

    TenantsSimulation(long seed, Path file) {
        this.file = file;
        world = new World(seed);
        play = Play.of(world);
        all = play.all();
        each = play.each();
        own = new TreeMap<>();
        api = new TenantsApi(world, play, new Watching());
        accounts.put(ALL, new Account(ALL, all));
        for (Plan plan : play.asks()) {
            plans.put(plan.message(), plan);
            accounts.computeIfAbsent(
                    plan.tenant(), name -> new Account(name, Rules.of(OwnRules.NONE, each)));
        }
        for (ClaimAsk.Credential key : play.keys()) {
            var tokens = key.units().getOrDefault(Rules.TOKENS, dev.holdfast.quota.Quota.NONE);
            accounts.put(
                    key.name(),
                    new Account(key.name(), new Rules(key.quota(), tokens, Integer.MAX_VALUE)));
        }
        waiting = new Waiting(play, this::violate);
        life = start();
    }

    TenantsApi api() {
        return api;
    }

    /** Plays the seed; throws {@link Violation} if a promise is broken. */
    void run() {
        unanswered = play.asks().size();
        play.asks().forEach(plan -> world.after(plan.at(), () -> ask(plan)));
        play.crashes().forEach(at -> world.after(at, this::crash));
        play.first().forEach((tenant, rules) -> own(tenant, rules));
        play.changes().forEach(change -> world.after(change.at(), () -> change(change)));
        world.after(PRUNED_EVERY, this::prune);
        world.after(Play.FAULTS_END, this::heal);
        while (!done) {
            step();
        }
        life.end();
        if (waiting.checked() > 0) {
            seen.put("turns checked", waiting.checked());
        }
    }

    private void step() {
        boolean more = true;
        try {
            more = world.step(LATEST.toNanos());
        } catch (SimulatedCrash _) {
            count("crashes at a write");
            crash();
        }
        if (violation != null) {
            throw violation;
        }
        if (!more) {
            throw new Violation("P3", "never ended: " + open() + ", " + life.state(each));
        }
        if (play.calm()) {
            String idle = waiting.idle(accounts, ALL, world.now());
            if (idle != null) {
                throw new Violation("P5", idle + " at " + world.now() + ", " + life.state(each));
            }
        }
    }

    private List<String> open() {
        return kept.entrySet().stream()
                .filter(each -> !life.status(each.getValue()).isFinal())
                .map(Map.Entry::getKey)
                .toList();
    }

    private void heal() {
        healed = true;
        api.heal();
        own.forEach(
                (tenant, rules) -> {
                    if (rules.paused()) {
                        own(tenant, rules.paused(false));
                    }
                });
        lookWhetherDone();
    }

    private void lookWhetherDone() {
        done = unanswered == 0 && life.isUp() && open().isEmpty();
        if (!done) {
            world.after(AGAIN, this::lookWhetherDone);
            return;
        }
        kept.forEach(
                (message, id) -> {
                    if (life.status(id) != Status.SUCCEEDED) {
                        throw new Violation("P3", message + " is " + life.status(id));
                    }
                });
    }

    private void prune() {
        if (life.isUp()) {
            life.prune();
        }
        world.after(PRUNED_EVERY, this::prune);
    }

    private Life start() {
        starting = true;
        Life started =
                new Life(world, play, file, all, each, api, this::mayCrash, () -> probing = true);
        starting = false;
        return started;
    }

    private void mayCrash(WriteProbe.Step step) {
        if (!starting && !healed && play.crashesAtWrite().contains(++writes)) {
            throw new SimulatedCrash();
        }
    }

    private void crash() {
        if (!life.isUp()) {
            return;
        }
        count("crashes");
        lost = true;
        life.kill();
        accounts.values().forEach(account -> account.crashed(world.now()));
        waiting.crashed();
        boolean reboots = world.chance(0.3);
        world.after(
                world.millis(100, 5000),
                () -> {
                    if (reboots) {
                        world.reboot();
                    }
                    life = start();
                });
    }

    private void ask(Plan plan) {
        if (!life.isUp()) {
            world.after(AGAIN, () -> ask(plan));
            return;
        }
        Life asked = life;
        boolean[] answered = {false};
        asked.submit(
                asked(plan),
                answer -> {
                    answered[0] = true;
                    answered(plan, answer);
                });
        waiting.asked(plan, world.now());
        world.after(
                Life.ANSWER_WITHIN.plus(AGAIN),
                () -> {
                    if (!answered[0]) {
                        ask(plan);
                    }
                });
    }

    private static Ask asked(Plan plan) {
        var params = new TreeMap<String, String>();
        params.put("message", plan.message());
        params.put(Rules.TOKENS, Long.toString(plan.reserve()));
        return new Ask(plan.client(), 1000, Life.ROUTE, params, Duration.ZERO, null, Ask.NO_EXTRAS)
                .in(plan.tenant());
    }

    private void answered(Plan plan, Answer answer) {
        switch (answer) {
            case Answer.Refused refused -> {
                if (refused.refusal() == Answer.Refusal.COST_OVER_LIMIT) {
                    unanswered--;
                    count("too dear");
                } else {
                    world.after(AGAIN, () -> ask(plan));
                }
            }
            case Answer.Uncertain _ -> world.after(AGAIN, () -> ask(plan));
            case Answer.Ready ready -> {
                unanswered--;
                kept.put(plan.message(), ready.view().request().id());
            }
            case Answer.Receipt receipt -> {
                unanswered--;
                kept.put(plan.message(), receipt.view().request().id());
                waiting.kept(plan, accounts, world.now());
            }
        }
    }

    /** What an operator does; one thing at a time, until it is done. */
    private void change(Change change) {
        if (changing || !life.isUp()) {
            world.after(AGAIN, () -> change(change));
            return;
        }
        switch (change) {
            case Change.Own(var _, String tenant, OwnRules rules) ->
                    own(tenant, keeping(tenant, rules));
            case Change.Rekey(var _, String tenant, OwnHeaders headers) ->
                    own(tenant, own.getOrDefault(tenant, OwnRules.NONE).headers(headers));
            case Change.Hold(var _, String tenant, boolean paused) -> hold(tenant, paused);
            case Change.Reload(var _, Rules other, PartitionRules others) -> reload(other, others);
            case Change.Pause(var _, boolean paused) -> pause(paused && !resumes);
        }
    }

    /** What a tenant is allowed from now on; who it is stays. */
    private OwnRules keeping(String tenant, OwnRules rules) {
        OwnHeaders its = own.getOrDefault(tenant, OwnRules.NONE).headers();
        return rules.headers(its).paused(rules.paused() && !healed);
    }

    private void own(String tenant, OwnRules rules) {
        if (changing || !life.isUp()) {
            world.after(AGAIN, () -> own(tenant, rules));
            return;
        }
        OwnHeaders before = own.getOrDefault(tenant, OwnRules.NONE).headers();
        boolean other = !rules.headers().equals(before);
        Account account = account(tenant);
        count("own rules");
        if (other) {
            count(account.isRefused() ? "other keys for refused ones" : "other keys");
        }
        if (account.isUnderWay()) {
            count("own rules under calls");
        }
        set(tenant, rules, other, done -> life.own(tenant, rules, done), () -> own(tenant, rules));
    }

    /** Stops a tenant's calls, or has them go on; what is not stopped is left alone no longer. */
    private void hold(String tenant, boolean paused) {
        OwnRules before = own.getOrDefault(tenant, OwnRules.NONE);
        boolean stops = paused && !healed;
        count(stops && before.paused() ? "second pauses" : "pauses of one");
        set(
                tenant,
                before.paused(stops),
                !stops && !before.paused(),
                done -> life.pause(tenant, stops, done),
                () -> change(new Change.Hold(Duration.ZERO, tenant, stops)));
    }

    /**
     * A tenant has this of its own from now on.
     *
     * @param opens whether what is refused is tried at once
     */
    private void set(
            String tenant, OwnRules rules, boolean opens, Changing change, Runnable unsaid) {
        Account account = account(tenant);
        account.wanted(Rules.of(rules, each), world.now());
        waiting.changed(tenant);
        Runnable opened =
                () -> {
                    if (opens) {
                        account.opened(world.now());
                    }
                };
        opened.run();
        wait(
                change,
                () -> {
                    own.put(tenant, rules);
                    account.changed(world.now());
                    opened.run();
                },
                unsaid);
    }

    private void reload(Rules other, PartitionRules others) {
        count("reloads");
        boolean paused = account(ALL).rules().paused();
        account(ALL).wanted(other.pausedAs(paused), world.now());
        play.asks().stream()
                .map(Plan::tenant)
                .distinct()
                .forEach(
                        tenant -> {
                            OwnRules its = own.getOrDefault(tenant, OwnRules.NONE);
                            account(tenant).wanted(Rules.of(its, others), world.now());
                            waiting.changed(tenant);
                        });
        all = other;
        each = others;
        opened();
        Runnable changed =
                () -> {
                    opened();
                    for (Account account : accounts.values()) {
                        account.changed(world.now());
                        // A partition that waits for a slot is looked at when it was to be.
                        account.closed(0, 0, world.now() + Play.LONGEST.toNanos());
                    }
                };
        // Whoever starts instead reads it, too.
        wait(done -> life.reload(other, others, done), changed, changed);
    }

    private void pause(boolean paused) {
        count("pauses");
        resumes |= !paused;
        account(ALL).wanted(all.pausedAs(paused), world.now());
        maybeOpened();
        wait(
                done -> life.pause(paused, done),
                () -> {
                    account(ALL).changed(world.now());
                    maybeOpened();
                },
                () -> change(new Change.Pause(Duration.ZERO, paused && !healed && !resumes)));
    }

    /** To resume what is paused leaves what is refused alone, to resume what is not does not. */
    private void maybeOpened() {
        accounts.values().forEach(account -> account.maybeOpened(world.now()));
    }

    /** What is refused is tried at once. */
    private void opened() {
        accounts.values().forEach(account -> account.opened(world.now()));
    }

    private interface Changing {
        void begin(Runnable done);
    }

    /** Has a change made; if its process dies before it says so, the next one is up then. */
    private void wait(Changing change, Runnable changed, Runnable unsaid) {
        changing = true;
        boolean[] over = {false};
        change.begin(
                () -> {
                    over[0] = true;
                    changing = false;
                    changed.run();
                });
        world.after(
                Duration.ofSeconds(30),
                () -> {
                    if (!over[0]) {
                        over[0] = true;
                        changing = false;
                        unsaid.run();
                    }
                });
    }

    private Account account(String name) {
        Account account = accounts.get(name);
        if (account == null) {
            throw new IllegalArgumentException(name);
        }
        return account;
    }

    private List<Account> of(Trip trip) {
        List<Account> of = new ArrayList<>(List.of(account(ALL), account(trip.tenant)));
        if (trip.key != null) {
            of.add(account(trip.key));
        }
        return Collections.unmodifiableList(of);
    }

    /** Sees every call that leaves, arrives and is heard of. */
    private final class Watching implements TenantsApi.Calls {
        @Override
        public Trip left(Upstream.Call call) {
            Plan plan = plans.get(call.params().get("message"));
            if (plan == null) {
                throw new IllegalStateException("nobody asked: " + call);
            }
            long now = world.now();
            Duration late = play.calm() ? SLACK : LEAVES_WITHIN;
            Trip trip =
                    new Trip(
                            plan,
                            call.credential(),
                            call.headers(),
                            probing,
                            call.attempt() == 1,
                            now,
                            now - late.toNanos());
            count("calls");
            if (probing) {
                count("probes");
                probing = false;
                if (!lost) {
                    violate("P1", "a probe left though every call was heard of");
                }
            }
            boolean alone = Play.isAlone(trip.own);
            if (alone ? trip.key != null : trip.key == null && !play.keys().isEmpty()) {
                violate("P7", "a call left with " + trip.key + " that says " + trip.own.values());
            }
            if (alone && !play.keys().isEmpty()) {
                count("beside the pool");
            }
            for (Account account : of(trip)) {
                String wrong = account.leaves(trip);
                if (wrong != null) {
                    violate("P1", account.name() + ": " + wrong + ": " + plan);
                }
            }
            waiting.left(trip, accounts);
            return trip;
        }

        @Override
        public void arrived(Trip trip) {
            of(trip).forEach(account -> account.arrives(trip, world.now()));
        }

        @Override
        public void heard(Trip trip, Outcome outcome) {
            long now = world.now();
            long late = SLACK.plus(play.calm() ? Duration.ZERO : Life.LONGEST_STALL).toNanos();
            trip.heard = now;
            Account whose = account(trip.caller());
            switch (outcome) {
                case Outcome.Done _ -> {
                    trip.told = now + late;
                    // What a call says beside its key was taken, not the key alone.
                    of(trip).stream()
                            .filter(each -> trip.own.isEmpty() || !each.name().equals(trip.key))
                            .forEach(account -> account.taken(trip, now));
                }
                case Outcome.Throttled(int status, @Nullable Duration after) -> {
                    Account closed = status == 429 ? whose : account(ALL);
                    long least = after == null ? 0 : after.minus(AGAIN).toNanos();
                    long most = (after == null ? CLOSED_AT_MOST : after).toNanos();
                    closed.closed(now + late, now + least, now + most + late);
                    count("closed");
                }
                case Outcome.Unauthorized _ -> {
                    whose.refused(trip, now, now + late);
                    count("refused");
                }
                default -> lost |= outcome instanceof Outcome.Failed f && f.status() == null;
            }
            waiting.heard(trip, outcome, now);
        }
    }

    private void count(String what) {
        seen.merge(what, 1, Integer::sum);
    }

    /** From inside a callback, where an exception would be swallowed. */
    private void violate(String promise, String what) {
        if (violation == null) {
            violation = new Violation(promise, what + ", " + play);
        }
    }
}
