package dev.holdfast.simulator.rates;

/** The dialect that {@code /v1/latest} is answered in; all other paths tell by themselves. */
public enum RatesShape {
    FREECURRENCYAPI,
    FRANKFURTER,
    EXCHANGERATE_HOST
}
