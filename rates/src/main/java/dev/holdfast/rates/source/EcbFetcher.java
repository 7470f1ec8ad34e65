package dev.holdfast.rates.source;

import dev.holdfast.rates.DayFetcher;
import dev.holdfast.rates.DayRates;
import dev.holdfast.rates.RateError;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The offline source: looks the day up in the ECB's history, without any call. */
public final class EcbFetcher implements DayFetcher {
    private final EcbHistory history;
    private final InstantSource clock;

    /** Over the history; {@code clock} is wall time. */
    public EcbFetcher(EcbHistory history, InstantSource clock) {
        this.history = history;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Fetched> fetch(LocalDate day, boolean newest) {
        Optional<DayRates> rates = history.on(day);
        return CompletableFuture.completedStage(
                rates.isPresent()
                        ? new Got(rates.get(), clock.instant())
                        : new Failed(new RateError.BeforeHistory(day, historyStart())));
    }

    @Override
    public LocalDate historyStart() {
        return history.first();
    }

    @Override
    public LocalDate historyEnd() {
        return history.last();
    }
}
