package dev.holdfast.rates;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;

/** A source whose answers the test gives. */
public final class ScriptedFetcher implements DayFetcher {
    /** One fetch under way. */
    public record Call(LocalDate day, boolean newest, CompletableFuture<Fetched> answer) {}

    /** One permit for each call that came. */
    public final Semaphore asked = new Semaphore(0);

    public final List<Call> calls = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<Fetched> fetch(LocalDate day, boolean newest) {
        Call call = new Call(day, newest, new CompletableFuture<>());
        calls.add(call);
        asked.release();
        return call.answer();
    }

    @Override
    public LocalDate historyStart() {
        return LocalDate.of(1999, 1, 1);
    }

    public Call last() {
        return calls.getLast();
    }

    /** One USD is {@code euros} EUR on that day. */
    public static DayRates rates(LocalDate day, String euros) {
        return new DayRates(
                day,
                day,
                "USD",
                Map.of("EUR", new BigDecimal(euros), "UAH", new BigDecimal("27.3")));
    }

    public static Fetched got(LocalDate day, String euros, Instant at) {
        return new Got(rates(day, euros), at);
    }
}
