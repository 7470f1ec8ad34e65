package dev.holdfast.rates.source;

import java.net.URI;
import java.time.LocalDate;

/**
 * A rates API as pure functions: how to ask it for a day, and how to read its answer. One call gets
 * all currencies of a day.
 */
public sealed interface RateSource permits FreeCurrencyApi, Frankfurter, ExchangerateHost {

    /** As the configuration and the store name it. */
    String name();

    /** Where the API is when nothing else is configured. */
    URI defaultUrl();

    /** The first day it has rates of. */
    LocalDate historyStart();

    /**
     * Asks for the rates of a past day.
     *
     * @param day as ISO 8601 has it, or a placeholder for it
     */
    SourceCall historical(String day);

    /** Asks for the newest rates. */
    SourceCall latest();

    /**
     * Reads an answer.
     *
     * @param day the day that was asked for; for the newest rates, today
     * @param status HTTP status
     * @param body as text, whatever it is
     */
    SourceAnswer read(LocalDate day, int status, String body);

    /**
     * The source of that name.
     *
     * @param apiKey may be empty where the API needs none
     * @throws IllegalArgumentException when there is none of that name, or it needs a key
     */
    static RateSource named(String name, String apiKey) {
        return switch (name) {
            case FreeCurrencyApi.NAME -> new FreeCurrencyApi(apiKey);
            case Frankfurter.NAME -> new Frankfurter();
            case ExchangerateHost.NAME -> new ExchangerateHost(apiKey);
            default ->
                    throw new IllegalArgumentException(
                            "unknown rates source '"
                                    + name
                                    + "': use freecurrencyapi, frankfurter, exchangerate-host or"
                                    + " ecb");
        };
    }
}
