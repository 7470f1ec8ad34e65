package dev.holdfast.gateway;

import dev.holdfast.engine.UpstreamView;
import dev.holdfast.engine.credential.CredentialView;
import dev.holdfast.engine.partition.PartitionView;
import dev.holdfast.gateway.partition.PartitionMeters;
import dev.holdfast.partition.Partitions;
import dev.holdfast.quota.Window;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Shows queues and slots on {@code /metrics}, as the engine tells them for each look. */
final class UpstreamMeters {
    private static final double NANOS = 1e9;

    private final MultiGauge used;
    private final MultiGauge limit;
    private final MultiGauge unitsUsed;
    private final MultiGauge unitsLimit;
    private final MultiGauge underestimated;
    private final MultiGauge free;
    private final MultiGauge next;
    private final MultiGauge queue;
    private final MultiGauge oldest;
    private final MultiGauge partitions;
    private final MultiGauge drain;
    private final MultiGauge underWay;
    private final MultiGauge missing;
    private final MultiGauge paused;
    private final MultiGauge closed;
    private final MultiGauge unauthorized;
    private final MultiGauge absent;
    private final MultiGauge credentialOut;
    private final MultiGauge credentialUsed;
    private final MultiGauge credentialLimit;
    private final MultiGauge strangers;
    private final MultiGauge ignored;
    private final MultiGauge success;
    private final PartitionMeters measured;

    UpstreamMeters(MeterRegistry registry) {
        measured = new PartitionMeters(registry);
        used =
                gauge(
                        registry,
                        "slots.used",
                        "",
                        "Slots taken of the window: calls under way and those that settled within"
                                + " it");
        limit = gauge(registry, "slots.limit", "", "Slots of the window");
        unitsUsed =
                gauge(
                        registry,
                        "units.used",
                        "",
                        "What is taken of the window in another unit than calls");
        unitsLimit = gauge(registry, "units.limit", "", "What the window has of it");
        underestimated =
                gauge(
                        registry,
                        "units.underestimated",
                        "",
                        "What calls took more of a unit than was reserved, since the start");
        free = gauge(registry, "slots.free", "", "Calls that could leave now");
        next =
                gauge(
                        registry,
                        "slots.next",
                        "seconds",
                        "Time until a slot frees; NaN while only a call's end can tell");
        queue =
                gauge(
                        registry,
                        "queue",
                        "",
                        "Jobs that wait: queued for their first call, retrying for another, scheduled for"
                                + " their time");
        oldest =
                gauge(
                        registry,
                        "oldest.waiting",
                        "seconds",
                        "Time for which the oldest has waited that could go, whatever holds it but a"
                                + " paused partition; NaN if it is not known");
        drain =
                gauge(
                        registry,
                        "drain",
                        "seconds",
                        "Time until the backlog is done, as far as one can tell");
        underWay = gauge(registry, "calls.under.way", "", "Calls under way");
        missing =
                gauge(
                        registry,
                        "calls.missing",
                        "",
                        "Calls that were given up and may still arrive; each holds a slot");
        paused = gauge(registry, "paused", "", "Whether an operator stopped it");
        closed = gauge(registry, "closed", "seconds", "Time that it is left alone");
        unauthorized =
                gauge(
                        registry,
                        "unauthorized",
                        "",
                        "Whether it refuses the credential, for all or in some partition");
        partitions =
                gauge(
                        registry,
                        "partitions",
                        "",
                        "Partitions: known, those of them in which jobs wait, paused, closed after a 429,"
                                + " refused after a 401; 10,000 of each of these three at most");
        credentialOut =
                gauge(
                        registry,
                        "credential.out",
                        "",
                        "Whether it refuses this one of several credentials");
        credentialUsed =
                gauge(
                        registry,
                        "credential.slots.used",
                        "",
                        "Slots taken of the window of one of several credentials");
        credentialLimit =
                gauge(
                        registry,
                        "credential.slots.limit",
                        "",
                        "Slots of the window of one of several credentials");
        absent =
                gauge(
                        registry,
                        "absent",
                        "seconds",
                        "Time for which nobody has been at home; 0 if somebody is");
        strangers =
                gauge(
                        registry,
                        "slots.strangers",
                        "",
                        "Slots of the shortest window that others took, as far as answers told");
        ignored =
                gauge(
                        registry,
                        "headers.ignored",
                        "",
                        "Headers about the quota that made no sense, since the start");
        success =
                gauge(
                        registry,
                        "success",
                        "ratio",
                        "Share of recent calls that were the last one their job needed");
    }

    private static MultiGauge gauge(
            MeterRegistry registry, String name, String unit, String description) {
        MultiGauge.Builder builder =
                MultiGauge.builder("holdfast.upstream." + name).description(description);
        return (unit.isEmpty() ? builder : builder.baseUnit(unit)).register(registry);
    }

    /**
     * What is shown.
     *
     * @param measured partitions that have figures of their own, by their upstreams' names
     */
    record Shown(List<UpstreamView> views, Map<String, List<PartitionView>> measured) {}

    /**
     * All figures, with those of upstreams as told. One after the other: while some are shown anew,
     * a gauge is there twice.
     */
    synchronized String scrape(PrometheusMeterRegistry registry, Shown shown) {
        show(shown.views());
        measured.show(shown.measured());
        return registry.scrape();
    }

    private void show(List<UpstreamView> views) {
        each(free, views, view -> Math.min(view.freeSlots(), view.concurrency()));
        each(next, views, view -> seconds(view.nextSlotIn(), Double.NaN));
        each(oldest, views, view -> seconds(view.oldestWaiting(), Double.NaN));
        each(drain, views, view -> seconds(view.drainsIn(), Double.NaN));
        each(underWay, views, UpstreamView::inFlight);
        each(missing, views, UpstreamView::missing);
        each(paused, views, view -> view.paused() ? 1 : 0);
        each(closed, views, view -> seconds(view.closedFor(), 0));
        each(
                unauthorized,
                views,
                view -> view.unauthorizedFor() != null || view.partlyRefused() ? 1 : 0);
        each(absent, views, view -> seconds(view.absentFor(), 0));
        each(strangers, views, UpstreamView::strangers);
        each(ignored, views, UpstreamView::absurd);
        each(success, views, view -> view.successRate() == null ? Double.NaN : view.successRate());
        List<MultiGauge.Row<?>> waiting = new ArrayList<>();
        List<MultiGauge.Row<?>> limits = new ArrayList<>();
        List<MultiGauge.Row<?>> taken = new ArrayList<>();
        for (UpstreamView view : views) {
            Tags tags = tags(view);
            waiting.add(MultiGauge.Row.of(tags.and("state", "queued"), view.queued()));
            waiting.add(MultiGauge.Row.of(tags.and("state", "retrying"), view.retrying()));
            waiting.add(MultiGauge.Row.of(tags.and("state", "scheduled"), view.scheduled()));
            Iterator<Long> slots = view.taken().iterator();
            for (Window window : view.quota().windows()) {
                Tags windowed = tags.and("window", window.length().toSeconds() + "s");
                limits.add(MultiGauge.Row.of(windowed, window.limit()));
                taken.add(MultiGauge.Row.of(windowed, slots.next()));
            }
        }
        units(views);
        credentials(views);
        partitions(views);
        queue.register(waiting, true);
        limit.register(limits, true);
        used.register(taken, true);
    }

    private void units(List<UpstreamView> views) {
        List<MultiGauge.Row<?>> limits = new ArrayList<>();
        List<MultiGauge.Row<?>> taken = new ArrayList<>();
        List<MultiGauge.Row<?>> more = new ArrayList<>();
        for (UpstreamView view : views) {
            for (UpstreamView.UnitView unit : view.units()) {
                Tags tags = tags(view).and("unit", unit.unit());
                more.add(MultiGauge.Row.of(tags, unit.underestimated()));
                Iterator<Long> used = unit.taken().iterator();
                for (Window window : unit.quota().windows()) {
                    Tags windowed = tags.and("window", window.length().toSeconds() + "s");
                    limits.add(MultiGauge.Row.of(windowed, window.limit()));
                    taken.add(MultiGauge.Row.of(windowed, used.next()));
                }
            }
        }
        unitsLimit.register(limits, true);
        unitsUsed.register(taken, true);
        underestimated.register(more, true);
    }

    private void partitions(List<UpstreamView> views) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (UpstreamView view : views) {
            Partitions.Counts counts = view.partitions();
            if (counts != null) {
                Tags tags = tags(view);
                rows.add(MultiGauge.Row.of(tags.and("state", "known"), counts.known()));
                rows.add(MultiGauge.Row.of(tags.and("state", "waiting"), counts.waiting()));
                rows.add(MultiGauge.Row.of(tags.and("state", "paused"), counts.paused()));
                rows.add(MultiGauge.Row.of(tags.and("state", "closed"), counts.closed()));
                rows.add(MultiGauge.Row.of(tags.and("state", "refused"), counts.refused()));
            }
        }
        partitions.register(rows, true);
    }

    private void credentials(List<UpstreamView> views) {
        List<MultiGauge.Row<?>> out = new ArrayList<>();
        List<MultiGauge.Row<?>> limits = new ArrayList<>();
        List<MultiGauge.Row<?>> taken = new ArrayList<>();
        for (UpstreamView view : views) {
            for (CredentialView one : view.credentials()) {
                Tags tags = tags(view).and("credential", one.name());
                out.add(MultiGauge.Row.of(tags, one.outFor() == null ? 0 : 1));
                Iterator<Long> slots = one.taken().iterator();
                for (Window window : one.quota().windows()) {
                    Tags windowed = tags.and("window", window.length().toSeconds() + "s");
                    limits.add(MultiGauge.Row.of(windowed, window.limit()));
                    taken.add(MultiGauge.Row.of(windowed, slots.next()));
                }
            }
        }
        credentialOut.register(out, true);
        credentialLimit.register(limits, true);
        credentialUsed.register(taken, true);
    }

    private static void each(
            MultiGauge gauge, List<UpstreamView> views, ToDoubleFunction<UpstreamView> figure) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        for (UpstreamView view : views) {
            rows.add(MultiGauge.Row.of(tags(view), figure.applyAsDouble(view)));
        }
        gauge.register(rows, true);
    }

    private static Tags tags(UpstreamView view) {
        return Tags.of("upstream", view.name());
    }

    private static double seconds(@Nullable Duration time, double none) {
        return time == null ? none : time.getSeconds() + time.getNano() / NANOS;
    }
}
