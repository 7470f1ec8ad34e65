package dev.holdfast.gateway.server;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How long the answers of one endpoint took, as figures and in the log. */
final class AnswerTimes {
    private static final Logger LOG = LoggerFactory.getLogger(AnswerTimes.class);

    private static final int STATUSES = 600;

    /** Where answer times are counted; the last two are what is promised (P2). */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofMillis(1800),
        Duration.ofMillis(2000)
    };

    /** Where those are counted whose callers asked that they be held. */
    private static final Duration[] HELD_BUCKETS = {
        Duration.ofSeconds(2),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10)
    };

    private final String template;
    private final MeterRegistry registry;
    private final AtomicReferenceArray<Timer> timers = new AtomicReferenceArray<>(STATUSES);
    private final AtomicReferenceArray<Timer> held = new AtomicReferenceArray<>(STATUSES);

    AnswerTimes(String template, MeterRegistry registry) {
        this.template = template;
        this.registry = registry;
    }

    /**
     * An answer begins.
     *
     * @param nanos time since its request came
     * @param id the request's name
     * @param asked whether its caller, or its route, asked that it be held for longer than an
     *     answer takes: nothing is promised of it (P2)
     */
    void add(int status, long nanos, String method, String id, boolean asked) {
        timer(status, asked).record(nanos, TimeUnit.NANOSECONDS);
        if (LOG.isDebugEnabled()) {
            LOG.atDebug()
                    .addKeyValue("http_request_id", id)
                    .addKeyValue("method", method)
                    .addKeyValue("route", template)
                    .addKeyValue("status", status)
                    .addKeyValue("micros", nanos / 1000)
                    .log("answered");
        }
    }

    private Timer timer(int status, boolean asked) {
        AtomicReferenceArray<Timer> known = asked ? held : timers;
        int index = Math.min(status, STATUSES - 1);
        Timer timer = known.get(index);
        if (timer == null) {
            Timer.Builder builder =
                    asked
                            ? Timer.builder("holdfast.http.held.answers")
                                    .description(
                                            "Time from a request to the start of its answer, where"
                                                    + " it was held as its caller or route asked")
                                    .serviceLevelObjectives(HELD_BUCKETS)
                            : Timer.builder("holdfast.http.answers")
                                    .description(
                                            "Time from a request to the start of its answer, but"
                                                    + " of those that are held as they asked")
                                    .serviceLevelObjectives(BUCKETS);
            timer =
                    builder.tag("route", template)
                            .tag("status", Integer.toString(status))
                            .register(registry);
            known.set(index, timer);
        }
        return timer;
    }
}
