package dev.holdfast.app.serve;

import dev.holdfast.engine.EngineWatch;
import dev.holdfast.request.Failure;
import dev.holdfast.store.CommitWatch;
import dev.holdfast.store.Store;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** Shows calls, waits and the store's commits on {@code /metrics}. */
final class EngineMeters implements EngineWatch, CommitWatch {
    private static final Duration[] CALL_BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(200),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofSeconds(30)
    };
    private static final Duration[] WAIT_BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5),
        Duration.ofMinutes(30),
        Duration.ofHours(2),
        Duration.ofHours(12)
    };
    private static final Duration[] COMMIT_BUCKETS = {
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(20),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2)
    };

    /** Of what did not fail: a label has to say something. */
    private static final String NO_REASON = "none";

    private static final double[] BATCH_BUCKETS = {1, 4, 16, 64, 256, 512};

    private final MeterRegistry registry;
    private final BiConsumer<UUID, String> traced;
    private final Timer commits;
    private final DistributionSummary batches;
    private final Counter failures;
    private final Map<String, Timer> waits = new ConcurrentHashMap<>();
    private final Map<String, Counter> probes = new ConcurrentHashMap<>();
    private final Map<Call, Timer> calls = new ConcurrentHashMap<>();

    private final Map<End, Counter> ends = new ConcurrentHashMap<>();

    private record Call(String upstream, String outcome) {}

    /**
     * @param traced takes a request and the trace it is part of
     */
    EngineMeters(MeterRegistry registry, Store store, BiConsumer<UUID, String> traced) {
        this.registry = registry;
        this.traced = traced;
        commits =
                Timer.builder("holdfast.store.commit")
                        .description(
                                "Time from the begin of a transaction to the end of its commit")
                        .serviceLevelObjectives(COMMIT_BUCKETS)
                        .register(registry);
        batches =
                DistributionSummary.builder("holdfast.store.batch")
                        .description("Callers' writes in one transaction")
                        .serviceLevelObjectives(BATCH_BUCKETS)
                        .register(registry);
        failures =
                Counter.builder("holdfast.store.failed.writes")
                        .description("Writes that could not be made durable; their callers know")
                        .register(registry);
        Gauge.builder("holdfast.store.healthy", store, s -> s.healthy() ? 1 : 0)
                .description("Whether the last write worked")
                .register(registry);
        Gauge.builder("holdfast.store", store, s -> s.size().bytes())
                .description("The store's file, without its -wal; NaN on PostgreSQL")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("holdfast.store.free", store, s -> s.size().freeBytes())
                .description("Of the store's file, what is used again before it grows")
                .baseUnit("bytes")
                .register(registry);
    }

    @Override
    public void asked(UUID request, String traceparent) {
        traced.accept(request, traceparent);
    }

    @Override
    public void called(String upstream, int attempt, Duration age) {
        if (attempt == 1) {
            waits.computeIfAbsent(upstream, this::wait).record(age);
        }
    }

    @Override
    public void probed(String upstream) {
        probes.computeIfAbsent(upstream, this::probe).increment();
    }

    @Override
    public void settled(String upstream, String outcome, Duration latency) {
        calls.computeIfAbsent(new Call(upstream, outcome), this::call).record(latency);
    }

    @Override
    public void committed(int writes, long nanos) {
        commits.record(nanos, TimeUnit.NANOSECONDS);
        batches.record(writes);
    }

    @Override
    public void failed(int writes) {
        failures.increment(writes);
    }

    @Override
    public void ended(Map<End, Integer> ended) {
        ended.forEach((end, count) -> ends.computeIfAbsent(end, this::end).increment(count));
    }

    private Counter end(End end) {
        Failure.Reason reason = end.reason();
        return Counter.builder("holdfast.requests.ended")
                .description("Requests that have their end; what failed says for which reason")
                .tag("route", end.route())
                .tag("end", end.status().wire())
                .tag("reason", reason == null ? NO_REASON : reason.wire())
                .register(registry);
    }

    private Timer wait(String upstream) {
        return Timer.builder("holdfast.upstream.wait")
                .description("Age of a job when its first call leaves")
                .tag("upstream", upstream)
                .serviceLevelObjectives(WAIT_BUCKETS)
                .register(registry);
    }

    private Counter probe(String upstream) {
        return Counter.builder("holdfast.upstream.probes")
                .description(
                        "Calls that left to find out whether an upstream lives of which nothing is"
                                + " heard; they may come on top of its quota")
                .tag("upstream", upstream)
                .register(registry);
    }

    private Timer call(Call call) {
        return Timer.builder("holdfast.upstream.calls")
                .description("Time of a call, by what came of it")
                .tag("upstream", call.upstream())
                .tag("outcome", call.outcome())
                .serviceLevelObjectives(CALL_BUCKETS)
                .register(registry);
    }
}
