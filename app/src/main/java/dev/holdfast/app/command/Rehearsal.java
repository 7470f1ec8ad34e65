package dev.holdfast.app.command;

import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.serve.ConverterSide;
import dev.holdfast.app.serve.EventLoops;
import dev.holdfast.app.serve.ListenerSide;
import dev.holdfast.app.serve.Policies;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.outbound.HttpUpstream;

/** All that a start refuses for what is configured, tried without opening anything. */
final class Rehearsal {
    private Rehearsal() {}

    /**
     * @throws Failure as the start would
     */
    static void of(Settings settings) {
        ListenerSide.of(settings.server(), EventLoops.count());
        for (UpstreamSettings upstream : settings.upstreams().values()) {
            try {
                HttpUpstream.check(Policies.http(upstream, settings.routes()));
            } catch (IllegalArgumentException e) {
                throw Failure.usage(
                        "holdfast: upstreams." + upstream.name() + ": " + e.getMessage());
            }
        }
        if (settings.rates().feed() != null) {
            ConverterSide.check(settings.rates());
        }
    }
}
