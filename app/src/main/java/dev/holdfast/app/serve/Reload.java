package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.EngineStage.Wanted;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.engine.Engine;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.server.RouteTable;
import dev.holdfast.store.Clients.NewAct;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has another configuration in force while everything runs: all of it, or nothing. First is made
 * what can fail; then callers are shown the new routes, so that nobody asks for one that is going;
 * then it is looked whether a call is owed that nobody would make any more; then the engine takes
 * it, and it is looked once more, for what was retried meanwhile. What follows cannot fail, and
 * nothing of it is written before. Blocking; one at a time.
 */
final class Reload {
    /** Longest time for each of its steps: a little more than the engine's own. */
    static final Duration STEP_WITHIN = Engine.RELOAD_WITHIN.plusSeconds(5);

    /** Who did it, in the audit. */
    private static final String SIGNAL = "(SIGHUP)";

    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final StoreStage store;
    private final EngineStage engine;
    private final Gateway gateway;
    private Wanted inForce;

    Reload(StoreStage store, EngineStage engine, Gateway gateway) {
        this.store = store;
        this.engine = engine;
        this.gateway = gateway;
        this.inForce = engine.wanted();
    }

    /**
     * @param source where it comes from, for the audit
     * @throws Failure if it cannot be in force; the one before is then as it was
     */
    void to(Settings next, String source) {
        CalledUpstreams.Prepared called = engine.called().prepare(next);
        WebhookSide.Way webhooks = null;
        boolean done = false;
        try {
            webhooks = engine.webhooks().open(next.webhooks());
            RouteTable table = gateway.table(GatewayStage.doors(next));
            inForce = change(next, called, table);
            done = true;
        } catch (IllegalArgumentException e) {
            throw Failure.usage("holdfast: " + e.getMessage());
        } catch (StoreUnavailable e) {
            throw Failure.failed("holdfast: the store cannot be used: " + e.getMessage());
        } finally {
            if (!done) {
                called.drop();
                if (webhooks != null) {
                    webhooks.http().close();
                }
            }
        }
        StoreOptions options = Policies.store(next);
        store.store().bound(options.ledger(), options.cacheEntries());
        store.clients().take(next.clients());
        called.take();
        engine.shapes().set(Policies.shapes(next));
        engine.webhooks().take(webhooks);
        WireMeters.bind(engine.webhooks().wire(), "webhooks", store.seen().registry());
        Logging.settle(next.logging());
        tell(source);
    }

    /** It is in force, whatever the store says now. */
    private void tell(String source) {
        try {
            gateway.lookAtClients();
            store.clients().remember(new NewAct(SIGNAL, "reloaded", source));
        } catch (StoreUnavailable e) {
            LOG.warn(
                    "clients are looked at when the store answers; not in the audit: reloaded {}",
                    source,
                    e);
        }
    }

    private Wanted change(Settings next, CalledUpstreams.Prepared called, RouteTable table) {
        Wanted wanted =
                EngineStage.wanted(
                        next,
                        called.upstreams(),
                        engine.identities(),
                        engine.converter(),
                        store.seen());
        boolean shared = !next.store().sqlite();
        checkOwed(wanted, shared);
        RouteTable before = gateway.table();
        gateway.show(table);
        boolean done = false;
        try {
            // Once more: somebody may have asked for what was going.
            checkOwed(wanted, shared);
            take(wanted);
            recheckOwed(wanted, shared);
            done = true;
            return wanted;
        } finally {
            if (!done) {
                gateway.show(before);
            }
        }
    }

    /** Somebody may have retried what was going; from now on that is refused. */
    private void recheckOwed(Wanted wanted, boolean shared) {
        try {
            checkOwed(wanted, shared);
        } catch (IllegalArgumentException | StoreUnavailable e) {
            try {
                take(inForce);
            } catch (IllegalArgumentException | StoreUnavailable undone) {
                // Half of each would be worse than all of the next one.
                LOG.error(
                        "a reload can be neither taken back nor trusted: {}",
                        e.getMessage(),
                        undone);
                return;
            }
            throw e;
        }
    }

    private void checkOwed(Wanted wanted, boolean shared) {
        await(
                CompletableFuture.runAsync(
                        () -> LeftOvers.check(store.store(), wanted.routes(), shared),
                        task -> Thread.ofPlatform().daemon().name("holdfast-owed").start(task)));
    }

    private void take(Wanted wanted) {
        await(
                engine.engine()
                        .reload(wanted.upstreams(), wanted.policies(), wanted.routes())
                        .toCompletableFuture());
    }

    private static void await(CompletableFuture<Void> step) {
        try {
            step.orTimeout(STEP_WITHIN.toMillis(), TimeUnit.MILLISECONDS).join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw switch (cause) {
                case StoreUnavailable known -> known;
                case IllegalArgumentException known -> known;
                case TimeoutException _ ->
                        new StoreUnavailable(
                                "it did not answer within " + STEP_WITHIN.toSeconds() + " s", e);
                default -> new IllegalArgumentException(String.valueOf(cause), e);
            };
        }
    }
}
