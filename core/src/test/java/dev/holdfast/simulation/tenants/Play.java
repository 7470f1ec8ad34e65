package dev.holdfast.simulation.tenants;

import dev.holdfast.quota.OwnHeaders;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.quota.Quota;
import dev.holdfast.quota.Window;
import dev.holdfast.simulation.World;
import dev.holdfast.store.ClaimAsk;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one seed plays: what everybody is allowed, who asks what when, and what happens meanwhile.
 *
 * @param calm nothing is lost: no crash, no timeout, no disk that is slow, so that it is known what
 *     is free
 * @param fifo whether a tenant's jobs go one after the other
 * @param all what is allowed of all together
 * @param each of each tenant
 * @param keys of which each call leaves with one; perhaps none
 * @param first what some tenants have of their own from the beginning
 */
record Play(
        boolean calm,
        boolean fifo,
        Rules all,
        PartitionRules each,
        List<ClaimAsk.Credential> keys,
        SortedMap<String, OwnRules> first,
        List<Plan> asks,
        List<Change> changes,
        Map<String, Span> refused,
        List<Duration> crashes,
        List<Long> crashesAtWrite) {
    static final Duration FAULTS_END = Duration.ofMinutes(5);

    private static final Duration LAST_ASK = Duration.ofMinutes(4);

    /** The longest window that anybody has. */
    static final Duration LONGEST = Duration.ofSeconds(60);

    private static final List<Quota> CALLS =
            List.of(
                    Quota.NONE,
                    quota(new Window(3, Duration.ofSeconds(5))),
                    quota(new Window(5, Duration.ofSeconds(10))),
                    quota(new Window(1, Duration.ofSeconds(2))),
                    quota(
                            new Window(2, Duration.ofSeconds(3)),
                            new Window(8, Duration.ofSeconds(30))));
    private static final List<Quota> ALL_CALLS =
            List.of(
                    Quota.NONE,
                    quota(new Window(10, Duration.ofSeconds(10))),
                    quota(
                            new Window(4, Duration.ofSeconds(3)),
                            new Window(30, Duration.ofSeconds(60))),
                    quota(new Window(6, Duration.ofSeconds(5))));
    private static final List<Quota> TOKENS =
            List.of(
                    quota(new Window(100, Duration.ofSeconds(10))),
                    quota(
                            new Window(120, Duration.ofSeconds(10)),
                            new Window(300, Duration.ofSeconds(50))));

    /** Tokens of a dear job: more than some windows have. */
    private static final long DEAR = 110;

    private static Quota quota(Window... windows) {
        return new Quota(List.of(windows));
    }

    /**
     * One ask.
     *
     * @param reserve tokens that it is guessed to cost
     * @param actual tokens that it costs
     */
    record Plan(Duration at, String tenant, int client, String message, long reserve, long actual) {
        Plan later(Duration by) {
            return new Plan(at.plus(by), tenant, client, message, reserve, actual);
        }
    }

    /** From when on, and for how long. */
    record Span(Duration at, Duration length) {
        boolean holds(long now) {
            return now >= at.toNanos() && now <= at.plus(length).toNanos();
        }
    }

    /** What an operator does. */
    sealed interface Change {
        Duration at();

        /** Gives a tenant something of its own. */
        record Own(Duration at, String tenant, OwnRules rules) implements Change {}

        /** Has a tenant say something else of itself; whatever else it has stays. */
        record Rekey(Duration at, String tenant, OwnHeaders headers) implements Change {}

        /** Stops or starts a tenant's calls, whether they are stopped or not. */
        record Hold(Duration at, String tenant, boolean paused) implements Change {}

        /** Has another configuration read. */
        record Reload(Duration at, Rules all, PartitionRules each) implements Change {}

        /** Stops or starts all calls. */
        record Pause(Duration at, boolean paused) implements Change {}
    }

    /** Says all that one of {@link #keys} would. */
    static OwnHeaders ownKey(String tenant, int number) {
        String key = "key of " + tenant + " " + number;
        return new OwnHeaders(new TreeMap<>(Map.of("authorization", key)));
    }

    /** Says something beside what one of {@link #keys} does. */
    private static OwnHeaders team(String tenant) {
        return new OwnHeaders(new TreeMap<>(Map.of("x-team", "team of " + tenant)));
    }

    /** Whether calls leave with none of {@link #keys}. */
    static boolean isAlone(OwnHeaders own) {
        return own.names().contains("authorization");
    }

    static Play of(World world) {
        boolean calm = world.chance(0.5);
        boolean fifo = world.chance(0.15);
        boolean tokens = world.chance(0.7);
        boolean withKeys = world.chance(0.25);
        Dice dice =
                new Dice(
                        world,
                        fifo,
                        tokens,
                        tokens && world.chance(0.7),
                        tokens && world.chance(0.7),
                        world.between(Duration.ZERO, Duration.ofMinutes(2)));
        List<String> tenants = new ArrayList<>();
        for (int i = 3 + world.random.nextInt(4); i > 0; i--) {
            tenants.add("t" + i);
        }
        SortedMap<String, OwnRules> first = new TreeMap<>();
        for (String tenant : tenants) {
            if (world.chance(0.3)) {
                first.put(tenant, dice.own(false));
            }
        }
        List<Change> changes = new ArrayList<>(dice.changes(tenants));
        Map<String, Span> refusedOwn = new HashMap<>();
        for (String tenant : tenants) {
            dice.keysOf(tenant, tenant.equals(tenants.getFirst()), first, changes, refusedOwn);
        }
        List<ClaimAsk.Credential> keys = withKeys ? List.of(dice.key(0), dice.key(1)) : List.of();
        Map<String, Span> refused =
                dice.refused(
                        withKeys ? keys.stream().map(ClaimAsk.Credential::name).toList() : tenants);
        refused.putAll(refusedOwn);
        return new Play(
                calm,
                fifo,
                dice.all(),
                dice.each(),
                keys,
                first,
                dice.asks(tenants),
                List.copyOf(changes),
                Map.copyOf(refused),
                calm ? List.of() : dice.some(3, () -> dice.between(Duration.ZERO, FAULTS_END)),
                calm ? List.of() : dice.some(3, () -> 1 + world.random.nextLong(300)));
    }

    /**
     * @param tokens whether calls cost any
     * @param ofAll whether all together have a limit of them: from the beginning, since what costs
     *     nothing yet is not counted
     * @param ofEach whether each tenant has
     * @param burst when the first tenant asks for much
     */
    private record Dice(
            World world,
            boolean fifo,
            boolean tokens,
            boolean ofAll,
            boolean ofEach,
            Duration burst) {
        <T> T of(List<T> all) {
            return all.get(world.random.nextInt(all.size()));
        }

        Duration between(Duration least, Duration most) {
            return world.between(least, most);
        }

        <T> List<T> some(int below, java.util.function.Supplier<T> one) {
            List<T> some = new ArrayList<>();
            for (int i = world.random.nextInt(below); i > 0; i--) {
                some.add(one.get());
            }
            return List.copyOf(some);
        }

        private Quota tokensIf(boolean limited) {
            return limited ? of(TOKENS) : Quota.NONE;
        }

        Rules all() {
            return new Rules(of(ALL_CALLS), tokensIf(ofAll), 2 + world.random.nextInt(10));
        }

        PartitionRules each() {
            int concurrency = world.chance(0.4) ? 1 + world.random.nextInt(3) : Integer.MAX_VALUE;
            return new PartitionRules(of(CALLS), Rules.units(tokensIf(ofEach)), concurrency, fifo);
        }

        OwnRules own(boolean paused) {
            Quota calls = world.chance(0.7) ? of(CALLS) : null;
            @Nullable Integer concurrency =
                    world.chance(0.3) ? Integer.valueOf(1 + world.random.nextInt(3)) : null;
            return new OwnRules(
                    calls,
                    calls == null ? Collections.emptySortedMap() : Rules.units(tokensIf(ofEach)),
                    concurrency,
                    paused);
        }

        ClaimAsk.Credential key(int number) {
            String name = "key " + number;
            return new ClaimAsk.Credential(
                    name, "hash of " + name, of(ALL_CALLS), Rules.units(tokensIf(tokens)), false);
        }

        List<Plan> asks(List<String> tenants) {
            List<Plan> asks = new ArrayList<>();
            boolean exact = world.chance(0.4);
            String hot = tenants.getFirst();
            for (int i = 12 + world.random.nextInt(12); i > 0; i--) {
                asks.add(plan(burst.plus(world.millis(0, 500)), hot, asks.size(), exact));
            }
            for (String tenant : tenants.subList(1, tenants.size())) {
                for (int i = 1 + world.random.nextInt(6); i > 0; i--) {
                    boolean near = world.chance(0.5);
                    Duration at =
                            near
                                    ? burst.plus(world.millis(0, 30_000))
                                    : between(Duration.ZERO, LAST_ASK);
                    asks.add(plan(at, tenant, asks.size(), exact));
                }
            }
            comesBack(tenants.getLast(), asks, exact);
            return List.copyOf(asks);
        }

        /** One that is quiet for a while has not used less of its windows by then. */
        private void comesBack(String tenant, List<Plan> asks, boolean exact) {
            Duration at = between(Duration.ZERO, LAST_ASK.minusSeconds(30));
            for (int times = 1 + world.random.nextInt(2); times >= 0; times--) {
                for (int i = 4 + world.random.nextInt(3); i > 0; i--) {
                    asks.add(plan(at.plus(world.millis(0, 300)), tenant, asks.size(), exact));
                }
                at = at.plus(world.millis(7_500, 9_500));
            }
        }

        private Plan plan(Duration at, String tenant, int number, boolean exact) {
            long reserve = !tokens || world.chance(0.4) ? 0 : 5 + world.random.nextLong(36);
            if (reserve > 0 && world.chance(0.12)) {
                reserve = DEAR;
            }
            long actual = exact ? reserve : Math.round(reserve * world.random.nextDouble(0.2, 1.6));
            int client = world.random.nextInt(3);
            return new Plan(at, tenant, client, tenant + " " + number, reserve, actual);
        }

        List<Change> changes(List<String> tenants) {
            List<Change> changes = new ArrayList<>();
            for (int i = world.random.nextInt(5); i > 0; i--) {
                boolean paused = world.chance(0.5);
                boolean busy = paused && world.chance(0.6);
                Duration at = busy ? soonAfterBurst() : between(Duration.ZERO, LAST_ASK);
                String tenant = busy ? tenants.getFirst() : of(tenants);
                changes.add(new Change.Own(at, tenant, own(paused)));
                if (paused) {
                    Duration end = at.plus(world.millis(5_000, 60_000));
                    changes.add(new Change.Own(end, tenant, own(false)));
                }
            }
            for (int i = world.random.nextInt(3); i > 0; i--) {
                Duration at = between(Duration.ZERO, LAST_ASK);
                changes.add(new Change.Reload(at, all(), each()));
            }
            if (world.chance(0.2)) {
                Duration at = between(Duration.ZERO, LAST_ASK);
                changes.add(new Change.Pause(at, true));
                changes.add(new Change.Pause(at.plus(world.millis(1_000, 30_000)), false));
            }
            if (world.chance(0.4)) {
                String tenant = world.chance(0.7) ? tenants.getFirst() : of(tenants);
                Duration at = soonAfterBurst();
                for (int i = 2 + world.random.nextInt(4); i > 0; i--) {
                    changes.add(new Change.Hold(at, tenant, world.chance(0.7)));
                    at = at.plus(world.millis(30, 8_000));
                }
                changes.add(new Change.Hold(at, tenant, false));
            }
            return List.copyOf(changes);
        }

        /**
         * A tenant's own: it has one from the beginning or gets it, it is refused, and another one
         * takes its place, or the same is given again.
         */
        void keysOf(
                String tenant,
                boolean busy,
                SortedMap<String, OwnRules> first,
                List<Change> changes,
                Map<String, Span> refused) {
            if (!world.chance(busy ? 0.4 : 0.2)) {
                return;
            }
            Duration at = busy ? soonAfterBurst() : between(Duration.ZERO, LAST_ASK);
            if (world.chance(0.15)) {
                changes.add(new Change.Rekey(at, tenant, team(tenant)));
                refused.put("team of " + tenant, new Span(at, world.millis(5_000, 60_000)));
                return;
            }
            int number = 0;
            if (world.chance(0.6)) {
                OwnRules none = OwnRules.NONE;
                first.merge(tenant, none, (its, _) -> its);
                first.computeIfPresent(tenant, (_, its) -> its.headers(ownKey(tenant, 0)));
            } else {
                changes.add(new Change.Rekey(at, tenant, ownKey(tenant, 0)));
            }
            for (int times = 1 + world.random.nextInt(3); times > 0; times--) {
                at = at.plus(world.millis(0, 3_000));
                if (world.chance(0.7)) {
                    refused.put("key of " + tenant + " " + number, new Span(at, FAULTS_END));
                }
                at = at.plus(world.millis(50, 40_000));
                number += world.chance(0.8) ? 1 : 0;
                OwnHeaders next = world.chance(0.15) ? OwnHeaders.NONE : ownKey(tenant, number);
                changes.add(new Change.Rekey(at, tenant, next));
            }
        }

        /** Much of what the first tenant asked for waits then. */
        private Duration soonAfterBurst() {
            return burst.plus(world.millis(100, 4_000));
        }

        /** The first of them has the most to be refused. */
        Map<String, Span> refused(List<String> names) {
            Map<String, Span> refused = new HashMap<>();
            for (String name : names) {
                boolean busy = name.equals(names.getFirst());
                if (world.chance(busy ? 0.3 : 0.2)) {
                    Duration at =
                            busy ? soonAfterBurst() : between(Duration.ZERO, Duration.ofMinutes(2));
                    refused.put(name, new Span(at, world.millis(5_000, 90_000)));
                }
            }
            return refused;
        }
    }
}
