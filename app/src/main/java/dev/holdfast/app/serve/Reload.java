package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.server.RouteTable;
import dev.holdfast.store.Clients.NewAct;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreUnavailable;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has another configuration in force while everything runs: all of it, or nothing. First is made
 * what can fail; then callers are shown the new routes, so that nobody asks for one that is going;
 * then it is looked whether a call is owed that nobody would make any more; then the rest follows.
 * Blocking; one at a time.
 */
final class Reload {
    /** Who did it, in the audit. */
    private static final String SIGNAL = "(SIGHUP)";

    private static final Logger LOG = LoggerFactory.getLogger(Reload.class);

    private final StoreStage store;
    private final EngineStage engine;
    private final Gateway gateway;

    Reload(StoreStage store, EngineStage engine, Gateway gateway) {
        this.store = store;
        this.engine = engine;
        this.gateway = gateway;
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
            change(next, called, table);
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
            LOG.warn("clients are looked at in a second; not in the audit: reloaded {}", source, e);
        }
    }

    private void change(Settings next, CalledUpstreams.Prepared called, RouteTable table) {
        EngineStage.Wanted wanted =
                EngineStage.wanted(
                        next,
                        called.upstreams(),
                        engine.identities(),
                        engine.converter(),
                        store.seen());
        boolean shared = !next.store().sqlite();
        LeftOvers.check(store.store(), wanted.routes(), shared);
        RouteTable before = gateway.table();
        gateway.show(table);
        boolean done = false;
        try {
            // Once more: somebody may have asked for what was going.
            LeftOvers.check(store.store(), wanted.routes(), shared);
            store.clients().prepare(next.clients(), StoreStage.OPEN_MAX_PENDING);
            StoreOptions options = Policies.store(next);
            store.store().bound(options.ledger(), options.cacheEntries());
            engine.engine()
                    .reload(wanted.upstreams(), wanted.policies(), wanted.routes())
                    .toCompletableFuture()
                    .join();
            store.clients().take(next.clients());
            called.take();
            engine.shapes().set(Policies.shapes(next));
            done = true;
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreUnavailable cause
                    ? cause
                    : new IllegalArgumentException(String.valueOf(e.getCause()), e);
        } finally {
            if (!done) {
                gateway.show(before);
            }
        }
    }
}
