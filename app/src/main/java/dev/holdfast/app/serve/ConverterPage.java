package dev.holdfast.app.serve;

import dev.holdfast.gateway.console.ConverterView;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics;
import dev.holdfast.rates.feed.ConverterService;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the console shows of the converter. */
final class ConverterPage implements ConverterView {
    /** Digits of a rate that are shown. */
    private static final MathContext SHOWN = new MathContext(8);

    private final ConverterService service;
    private final InstantSource wall;
    private volatile @Nullable Shown shown;

    /** A table and the rates it was made from, which are seldom new. */
    private record Shown(DayRates from, RateTable table) {}

    ConverterPage(ConverterService service, InstantSource wall) {
        this.service = service;
        this.wall = wall;
    }

    @Override
    public Snapshot snapshot() {
        RatesMetrics metrics = service.metrics();
        Map<String, Long> counts = new LinkedHashMap<>();
        for (RatesMetrics.Counter counter : RatesMetrics.Counter.values()) {
            counts.put(counter.label(), metrics.value(counter));
        }
        Map<String, Long> errors = new LinkedHashMap<>();
        for (RateError.Reason reason : RateError.Reason.values()) {
            if (metrics.errors(reason) > 0) {
                errors.put(reason.label(), metrics.errors(reason));
            }
        }
        return new Snapshot(
                metrics.connected(),
                service.target(),
                metrics.inHand(),
                metrics.heartbeatAge(System.nanoTime()).orElse(null),
                metrics.rateAge(wall.instant()).orElse(null),
                counts,
                errors);
    }

    @Override
    public List<Message> messages() {
        return service.recent().newest().stream()
                .map(
                        kept ->
                                new Message(
                                        kept.number(),
                                        kept.at(),
                                        kept.id(),
                                        kept.stake(),
                                        kept.currency(),
                                        kept.day(),
                                        kept.result(),
                                        kept.error()))
                .toList();
    }

    @Override
    public @Nullable RateTable rates() {
        DayRates newest = service.newestRates();
        Shown last = shown;
        if (newest == null) {
            return null;
        }
        if (last != null && last.from().equals(newest)) {
            return last.table();
        }
        RateTable table = table(newest);
        shown = new Shown(newest, table);
        return table;
    }

    private RateTable table(DayRates rates) {
        Map<String, BigDecimal> perUnit = new TreeMap<>();
        BigDecimal target = rates.rate(service.target());
        if (target != null) {
            rates.rates().forEach((name, rate) -> perUnit.put(name, target.divide(rate, SHOWN)));
            perUnit.put(rates.base(), target.round(SHOWN));
            perUnit.remove(service.target());
        }
        return new RateTable(rates.day(), rates.validOn(), perUnit);
    }
}
