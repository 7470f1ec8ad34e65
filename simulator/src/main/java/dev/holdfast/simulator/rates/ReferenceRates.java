package dev.holdfast.simulator.rates;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;

/**
 * The European Central Bank's reference rates, one table a working day since 1999-01-04, as {@code
 * moneta-convert-ecb} ships them. Exact decimals: how many units of a currency one euro buys.
 */
public final class ReferenceRates {
    private static final String RESOURCE =
            "/org/javamoney/moneta/convert/ecb/defaults/eurofxref-hist.xml";

    private final TreeMap<LocalDate, Map<String, BigDecimal>> days = new TreeMap<>();
    private final SortedSet<String> currencies = new TreeSet<>();

    private ReferenceRates() {}

    /**
     * Reads it from the library's resource, once: it takes a few hundred milliseconds and some 20
     * MB.
     *
     * @throws IllegalStateException if the resource is missing or damaged
     */
    public static ReferenceRates load() {
        var history = new ReferenceRates();
        try (var file = ReferenceRates.class.getResourceAsStream(RESOURCE)) {
            if (file == null) {
                throw new IllegalStateException(RESOURCE + " is not on the class path");
            }
            history.read(file);
        } catch (IOException | XMLStreamException e) {
            throw new IllegalStateException("the ECB's history cannot be read", e);
        }
        return history;
    }

    private void read(InputStream file) throws XMLStreamException {
        var factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        var xml = factory.createXMLStreamReader(file);
        var day = new TreeMap<String, BigDecimal>();
        while (xml.hasNext()) {
            if (xml.next() != XMLStreamConstants.START_ELEMENT
                    || !xml.getLocalName().equals("Cube")) {
                continue;
            }
            var time = xml.getAttributeValue(null, "time");
            var currency = xml.getAttributeValue(null, "currency");
            if (time != null) {
                day = new TreeMap<>();
                days.put(LocalDate.parse(time), Collections.unmodifiableMap(day));
            } else if (currency != null) {
                var name = currency.intern();
                currencies.add(name);
                day.put(name, new BigDecimal(xml.getAttributeValue(null, "rate")));
            }
        }
    }

    /** The first day there are rates for. */
    public LocalDate first() {
        return days.firstKey();
    }

    /** The newest day there are rates for. */
    public LocalDate newest() {
        return days.lastKey();
    }

    /** Every currency that ever had a rate, without the euro. */
    public SortedSet<String> currencies() {
        return Collections.unmodifiableSortedSet(currencies);
    }

    /** The working day whose rates are valid on this day: it or the last before it. */
    public LocalDate validOn(LocalDate day) {
        var valid = days.floorKey(day);
        if (valid == null) {
            throw new IllegalArgumentException("there are no rates before " + first());
        }
        return valid;
    }

    /**
     * The rates valid on a day, by currency in alphabetical order, the euro not among them.
     *
     * @throws IllegalArgumentException if the day is before the first
     */
    public Map<String, BigDecimal> on(LocalDate day) {
        var rates = days.get(validOn(day));
        return rates == null ? Map.of() : rates;
    }
}
