package dev.holdfast.outbound;

import dev.holdfast.outbound.http.HttpDate;
import dev.holdfast.quota.Allowance;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an answer's headers say is left of a quota in calls, and in other units: {@code RateLimit}
 * and {@code RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers, versions 7 to 10), the three
 * headers of its earlier versions, {@code X-RateLimit-*}, {@code x-ratelimit-*-requests}, and
 * {@code x-ratelimit-*-tokens} of a unit of this name. What is absurd is ignored and counted.
 */
final class QuotaHeaders {
    /** No time is believed that is farther away: such as a time of day that is not one. */
    static final Duration MOST = Duration.ofDays(31);

    /** Larger numbers of seconds are a date: in seconds, or, from a thousand times it, in ms. */
    private static final long DATES_FROM = 1_000_000_000L;

    private static final long MILLIS_FROM = 1_000_000_000_000L;

    private static final int MOST_CALLS = 1_000_000_000;

    /** Of the forms with one limit: the beginning of the names, and what follows the word. */
    private static final List<String[]> FAMILIES =
            List.of(
                    new String[] {"ratelimit-", ""},
                    new String[] {"x-ratelimit-", ""},
                    new String[] {"x-rate-limit-", ""},
                    new String[] {"x-ratelimit-", "-requests"},
                    new String[] {"x-ratelimit-", "-minute"},
                    new String[] {"x-ratelimit-", "-quota-minute"},
                    new String[] {"x-ratelimit-", "-quota-month"});

    private static final Pattern ITEM =
            Pattern.compile("\\s*(\"[^\"]*\"|[A-Za-z*][^;,\\s]*)\\s*((?:;[^,]*)?)\\s*(?:,|$)");
    private static final Pattern PARAMETER = Pattern.compile(";\\s*([a-z]+)\\s*=\\s*([0-9]+)");

    /** Of a policy, what it counts ({@code qu}, from version 8 of the draft on). */
    private static final Pattern UNIT = Pattern.compile(";\\s*qu\\s*=\\s*\"([^\"]*)\"");

    /** The unit of a policy that counts calls, and of one that does not say what. */
    private static final String CALLS = "requests";

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}(\\.[0-9]{1,9})?");
    private static final Pattern SPAN =
            Pattern.compile(
                    "(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,8})m(?!s))?"
                            + "(?:([0-9]{1,9}(?:\\.[0-9]{1,9})?)s)?(?:([0-9]{1,12}(?:\\.[0-9]{1,9})?)ms)?");

    /**
     * What was read.
     *
     * @param allowances of calls
     * @param units of what else counts, by their names
     * @param absurd headers that make no sense
     */
    record Read(List<Allowance> allowances, Map<String, List<Allowance>> units, int absurd) {}

    private final MultiMap headers;
    private final Instant now;
    private final List<Allowance> allowances = new ArrayList<>();
    private final Map<String, List<Allowance>> units = new HashMap<>();
    private int absurd;

    private QuotaHeaders(MultiMap headers, Set<String> counted, Instant now) {
        this.headers = headers;
        this.now = now;
        counted.forEach(unit -> units.put(unit, new ArrayList<>()));
    }

    /**
     * Reads them.
     *
     * @param units what counts beside calls, by their names; what is said of others is ignored
     * @param now the wall clock, which dates are compared with
     */
    static Read read(MultiMap headers, Set<String> units, Instant now) {
        QuotaHeaders read = new QuotaHeaders(headers, units, now);
        read.structured();
        for (String[] family : FAMILIES) {
            read.family(family[0], family[1], read.allowances);
        }
        read.units.forEach((unit, its) -> read.family("x-ratelimit-", "-" + unit, its));
        return new Read(List.copyOf(read.allowances), read.units, read.absurd);
    }

    /** {@code RateLimit: "name";r=50;t=30} and {@code RateLimit-Policy: "name";q=100;w=60}. */
    private void structured() {
        String left = headers.get("ratelimit");
        if (left == null) {
            return;
        }
        Matcher item = ITEM.matcher(left);
        boolean any = false;
        while (item.lookingAt()) {
            any = true;
            Long remaining = parameter(item.group(2), "r");
            Long reset = parameter(item.group(2), "t");
            String policy = policy(item.group(1));
            Long limit = policy == null ? null : parameter(policy, "q");
            Long window = policy == null ? null : parameter(policy, "w");
            List<Allowance> to = policy == null ? allowances : counted(policy);
            add(
                    to,
                    remaining,
                    limit,
                    reset == null ? null : Duration.ofSeconds(Math.min(reset, Integer.MAX_VALUE)),
                    window == null ? null : Duration.ofSeconds(window));
            if (item.end() == left.length()) {
                return;
            }
            item.region(item.end(), left.length());
        }
        absurd += any ? 0 : 1;
    }

    private @Nullable String policy(String name) {
        String policies = headers.get("ratelimit-policy");
        if (policies == null) {
            return null;
        }
        Matcher item = ITEM.matcher(policies);
        while (item.lookingAt()) {
            if (item.group(1).equals(name)) {
                return item.group(2);
            }
            if (item.end() == policies.length()) {
                return null;
            }
            item.region(item.end(), policies.length());
        }
        return null;
    }

    /** Where to put what a policy counts; what nobody here counts goes nowhere. */
    private List<Allowance> counted(String policy) {
        Matcher unit = UNIT.matcher(policy);
        return !unit.find() || unit.group(1).equals(CALLS)
                ? allowances
                : units.getOrDefault(unit.group(1), new ArrayList<>());
    }

    private void family(String beginning, String end, List<Allowance> to) {
        String left = headers.get(beginning + "remaining" + end);
        if (left == null) {
            return;
        }
        String limit = headers.get(beginning + "limit" + end);
        String reset = headers.get(beginning + "reset" + end);
        Duration until = reset == null ? null : time(reset.strip());
        if (reset != null && until == null) {
            absurd++;
            return;
        }
        add(to, whole(left), limit == null ? null : whole(first(limit)), until, null);
    }

    /** Earlier drafts put the policy after the limit: {@code 100, 100;w=60}. */
    private static String first(String limit) {
        return limit.split("[,;]", 2)[0];
    }

    private void add(
            List<Allowance> to,
            @Nullable Long remaining,
            @Nullable Long limit,
            @Nullable Duration reset,
            @Nullable Duration window) {
        boolean sane =
                remaining != null
                        && remaining <= MOST_CALLS
                        && (limit == null || (limit >= remaining && limit <= MOST_CALLS))
                        && (reset == null || reset.compareTo(MOST) <= 0);
        if (sane && remaining != null) {
            Integer most = limit == null ? null : Integer.valueOf(limit.intValue());
            to.add(new Allowance(remaining.intValue(), reset, most, window));
        } else {
            absurd++;
        }
    }

    private static @Nullable Long parameter(String parameters, String name) {
        Matcher parameter = PARAMETER.matcher(parameters);
        while (parameter.find()) {
            if (parameter.group(1).equals(name)) {
                return whole(parameter.group(2));
            }
        }
        return null;
    }

    private static @Nullable Long whole(String text) {
        String number = text.strip();
        return number.matches("[0-9]{1,18}") ? Long.valueOf(number) : null;
    }

    /** Until then: seconds, a date in seconds or milliseconds, {@code 6m0s}, RFC 3339; or null. */
    private @Nullable Duration time(String text) {
        if (NUMBER.matcher(text).matches()) {
            return number(new BigDecimal(text));
        }
        Matcher span = SPAN.matcher(text.toLowerCase(Locale.ROOT));
        if (!text.isEmpty() && span.matches()) {
            return Duration.ofDays(count(span.group(1)))
                    .plusHours(count(span.group(2)))
                    .plusMinutes(count(span.group(3)))
                    .plus(nanos(span.group(4), 1_000_000_000L))
                    .plus(nanos(span.group(5), 1_000_000L));
        }
        try {
            Instant at = OffsetDateTime.parse(text.toUpperCase(Locale.ROOT)).toInstant();
            return notNegative(Duration.between(now, at));
        } catch (DateTimeException e) {
            Instant at = HttpDate.parse(text, now);
            return at == null ? null : notNegative(Duration.between(now, at));
        }
    }

    private Duration number(BigDecimal number) {
        long whole = number.longValue();
        if (whole >= MILLIS_FROM) {
            return notNegative(Duration.between(now, Instant.ofEpochMilli(whole)));
        }
        if (whole >= DATES_FROM) {
            return notNegative(Duration.between(now, Instant.ofEpochSecond(whole)));
        }
        return nanos(number.toPlainString(), 1_000_000_000L);
    }

    private static long count(@Nullable String text) {
        return text == null ? 0 : Long.parseLong(text);
    }

    private static Duration nanos(@Nullable String text, long unit) {
        return text == null
                ? Duration.ZERO
                : Duration.ofNanos(
                        new BigDecimal(text).multiply(BigDecimal.valueOf(unit)).longValue());
    }

    private static Duration notNegative(Duration time) {
        return time.isNegative() ? Duration.ZERO : time;
    }
}
