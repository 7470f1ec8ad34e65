package dev.holdfast.rates.source;

import dev.holdfast.rates.DayRates;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * The ECB's euro reference rates on every working day since 1999-01-04, as {@code
 * moneta-convert-ecb} ships them ({@code eurofxref-hist.xml}). Held as unscaled numbers and scales,
 * about 2 MB; immutable.
 */
public final class EcbHistory {
    /** As the configuration names it. */
    public static final String NAME = "ecb";

    private static final String RESOURCE =
            "/org/javamoney/moneta/convert/ecb/defaults/eurofxref-hist.xml";
    private static final String BASE = "EUR";

    private final long[] epochDays;
    private final Day[] days;

    /** One day's rates: parallel arrays, the codes shared by all days that have the same ones. */
    private static final class Day {
        private final long epochDay;
        private final String[] codes;
        private final long[] unscaled;
        private final byte[] scales;

        Day(long epochDay, String[] codes, long[] unscaled, byte[] scales) {
            this.epochDay = epochDay;
            this.codes = codes;
            this.unscaled = unscaled;
            this.scales = scales;
        }

        long epochDay() {
            return epochDay;
        }

        DayRates asOf(LocalDate day) {
            Map<String, BigDecimal> rates = HashMap.newHashMap(codes.length);
            for (int i = 0; i < codes.length; i++) {
                rates.put(codes[i], BigDecimal.valueOf(unscaled[i], scales[i]));
            }
            return new DayRates(day, LocalDate.ofEpochDay(epochDay), BASE, rates);
        }
    }

    private EcbHistory(List<Day> found) {
        days = found.toArray(Day[]::new);
        Arrays.sort(days, Comparator.comparingLong(Day::epochDay));
        epochDays = Arrays.stream(days).mapToLong(Day::epochDay).toArray();
    }

    /**
     * Reads the history; takes about half a second.
     *
     * @throws UncheckedIOException when the resource is missing or damaged
     */
    public static EcbHistory load() {
        try (InputStream in = EcbHistory.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IOException("moneta-convert-ecb is not on the class path");
            }
            return parse(in);
        } catch (IOException | XMLStreamException e) {
            throw new UncheckedIOException(new IOException("cannot read the ECB history", e));
        }
    }

    private static EcbHistory parse(InputStream in) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader xml = factory.createXMLStreamReader(in);
        var collector = new Collector();
        while (xml.hasNext()) {
            if (xml.next() == XMLStreamConstants.START_ELEMENT
                    && xml.getLocalName().equals("Cube")) {
                @Nullable String time = xml.getAttributeValue(null, "time");
                @Nullable String currency = xml.getAttributeValue(null, "currency");
                if (time != null) {
                    collector.startDay(LocalDate.parse(time));
                } else if (currency != null) {
                    collector.add(currency, new BigDecimal(xml.getAttributeValue(null, "rate")));
                }
            }
        }
        collector.endDay();
        return new EcbHistory(collector.days);
    }

    /** Packs the days as they are read. */
    private static final class Collector {
        private final List<Day> days = new ArrayList<>();
        private final Map<List<String>, String[]> sharedCodes = new HashMap<>();
        private final List<String> codes = new ArrayList<>();
        private final List<BigDecimal> rates = new ArrayList<>();
        private long epochDay;

        void startDay(LocalDate day) {
            endDay();
            epochDay = day.toEpochDay();
        }

        void add(String currency, BigDecimal rate) {
            codes.add(currency);
            rates.add(rate);
        }

        void endDay() {
            if (codes.isEmpty()) {
                return;
            }
            String[] shared =
                    sharedCodes.computeIfAbsent(
                            List.copyOf(codes),
                            list -> list.stream().map(String::intern).toArray(String[]::new));
            long[] unscaled = new long[codes.size()];
            byte[] scales = new byte[codes.size()];
            for (int i = 0; i < unscaled.length; i++) {
                unscaled[i] = rates.get(i).unscaledValue().longValueExact();
                scales[i] = (byte) rates.get(i).scale();
            }
            days.add(new Day(epochDay, shared, unscaled, scales));
            codes.clear();
            rates.clear();
        }
    }

    /**
     * The rates valid on {@code day}: its own, or those of the last day before it that has any.
     * Behind the end of the history these are the last there are.
     *
     * @return empty before the first day
     */
    public Optional<DayRates> on(LocalDate day) {
        int at = Arrays.binarySearch(epochDays, day.toEpochDay());
        int index = at >= 0 ? at : -at - 2;
        if (index < 0) {
            return Optional.empty();
        }
        return Optional.of(days[index].asOf(day));
    }

    /** The first day that has rates. */
    public LocalDate first() {
        return LocalDate.ofEpochDay(epochDays[0]);
    }

    /** The last day that has rates. */
    public LocalDate last() {
        return LocalDate.ofEpochDay(epochDays[epochDays.length - 1]);
    }

    /** All days that have rates, in order. */
    public List<LocalDate> days() {
        return Arrays.stream(epochDays).mapToObj(LocalDate::ofEpochDay).toList();
    }
}
