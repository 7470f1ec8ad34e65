package dev.holdfast.app.serve;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.engine.Upstream;
import dev.holdfast.gateway.wire.Entrance;
import dev.holdfast.gateway.wire.Lateness;
import dev.holdfast.outbound.HttpUpstream;
import dev.holdfast.outbound.HttpUpstreamOptions;
import dev.holdfast.outbound.body.CallMemory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The connections to the configured upstreams, over changes of the configuration: one whose
 * settings did not change keeps its own.
 */
final class CalledUpstreams implements AutoCloseable {
    /** How long connections are kept beyond the longest call that may still be on them. */
    static final Duration ROOM = Duration.ofSeconds(30);

    /** What all calls of this process may hold together, the converter's among them. */
    static final CallMemory MEMORY = CallMemory.ofHeap(Runtime.getRuntime().maxMemory());

    private final StoreStage on;
    private final Lateness late;
    private Map<String, Called> inForce = Map.of();

    private record Called(HttpUpstreamOptions options, HttpUpstream http) {}

    CalledUpstreams(StoreStage on) {
        this.on = on;
        late = Entrance.of(on.vertx()).lateness();
    }

    /** What another configuration wants, which nothing uses until it is taken. */
    final class Prepared {
        private final Map<String, Called> called = new LinkedHashMap<>();

        private Prepared() {}

        /** How each is called, by its name. */
        Map<String, Upstream> upstreams() {
            Map<String, Upstream> upstreams = new HashMap<>();
            called.forEach((name, each) -> upstreams.put(name, each.http()));
            return upstreams;
        }

        /** They are in force; those before end with their last call. */
        void take() {
            Map<String, Called> before = inForce;
            inForce = called;
            called.forEach((name, each) -> bind(name, each, before));
            before.forEach(
                    (name, each) -> {
                        if (!each.equals(called.get(name))) {
                            Duration last = each.options().timeout().plus(ROOM);
                            on.vertx().setTimer(last.toMillis(), _ -> each.http().close());
                        }
                    });
        }

        private void bind(String name, Called each, Map<String, Called> before) {
            if (!each.equals(before.get(name))) {
                WireMeters.bind(each.http().wire(), name, on.seen().registry());
            }
        }

        /** They are not wanted after all. */
        void drop() {
            called.forEach(
                    (name, each) -> {
                        if (!each.equals(inForce.get(name))) {
                            each.http().close();
                        }
                    });
        }
    }

    /**
     * Opens what is new.
     *
     * @throws Failure if something of it cannot be used
     */
    Prepared prepare(Settings settings) {
        Prepared prepared = new Prepared();
        for (UpstreamSettings upstream : settings.upstreams().values()) {
            HttpUpstreamOptions options = Policies.http(upstream, settings.routes());
            Called before = inForce.get(upstream.name());
            try {
                prepared.called.put(
                        upstream.name(),
                        before != null && before.options().equals(options)
                                ? before
                                : new Called(options, open(options)));
            } catch (IllegalArgumentException e) {
                prepared.drop();
                throw Failure.usage(
                        "holdfast: upstreams." + upstream.name() + ": " + e.getMessage());
            }
        }
        return prepared;
    }

    private HttpUpstream open(HttpUpstreamOptions options) {
        return new HttpUpstream(
                on.vertx(),
                options,
                InstantSource.system(),
                on.store().contents(),
                MEMORY,
                late::nowNanos);
    }

    @Override
    public void close() {
        inForce.values().forEach(each -> each.http().close());
    }
}
