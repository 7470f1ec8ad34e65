package dev.holdfast.gateway.partition;

import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.quota.Window;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Shows those partitions on {@code /metrics} that the configuration names: their keys are labels
 * there, of which there may be no more than a few.
 */
public final class PartitionMeters {
    /** Why none of its calls leaves, as {@link PartitionView#state} has it. */
    private static final List<String> STOPPED = List.of("paused", "closed", "unauthorized");

    private final MultiGauge queue;
    private final MultiGauge underWay;
    private final MultiGauge stopped;
    private final MultiGauge used;
    private final MultiGauge limit;

    public PartitionMeters(MeterRegistry registry) {
        queue = gauge(registry, "queue", "Jobs of it that wait: queued or retrying");
        underWay = gauge(registry, "calls.under.way", "Calls of it under way, of all processes");
        stopped =
                gauge(
                        registry,
                        "stopped",
                        "Whether none of its calls leaves: paused, closed after a 429, unauthorized"
                                + " after a 401");
        used = gauge(registry, "slots.used", "Slots taken of its window");
        limit = gauge(registry, "slots.limit", "Slots of its window");
    }

    private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder("holdfast.upstream.partition." + name)
                .description(description)
                .register(registry);
    }

    /**
     * As they are now; others are shown no more.
     *
     * @param measured by their upstreams' names
     */
    public void show(Map<String, List<PartitionView>> measured) {
        List<MultiGauge.Row<?>> waiting = new ArrayList<>();
        List<MultiGauge.Row<?>> calls = new ArrayList<>();
        List<MultiGauge.Row<?>> states = new ArrayList<>();
        List<MultiGauge.Row<?>> taken = new ArrayList<>();
        List<MultiGauge.Row<?>> limits = new ArrayList<>();
        measured.forEach(
                (upstream, views) -> {
                    for (PartitionView view : views) {
                        Tags tags = Tags.of("upstream", upstream, "partition", view.key());
                        waiting.add(MultiGauge.Row.of(tags.and("state", "queued"), view.queued()));
                        waiting.add(
                                MultiGauge.Row.of(tags.and("state", "retrying"), view.retrying()));
                        calls.add(MultiGauge.Row.of(tags, view.inFlight()));
                        for (String state : STOPPED) {
                            boolean is = view.state().equals(state);
                            states.add(MultiGauge.Row.of(tags.and("state", state), is ? 1 : 0));
                        }
                        Iterator<Long> slots = view.taken().iterator();
                        for (Window window : view.rules().quota().windows()) {
                            Tags its = tags.and("window", window.length().toSeconds() + "s");
                            limits.add(MultiGauge.Row.of(its, window.limit()));
                            taken.add(MultiGauge.Row.of(its, slots.next()));
                        }
                    }
                });
        queue.register(waiting, true);
        underWay.register(calls, true);
        stopped.register(states, true);
        used.register(taken, true);
        limit.register(limits, true);
    }
}
