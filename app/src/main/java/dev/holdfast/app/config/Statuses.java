package dev.holdfast.app.config;

import dev.holdfast.request.StatusRules;
import dev.holdfast.request.VerdictRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Statuses as a configuration names them: one, a class as {@code 2xx}, or a range as {@code
 * 500-504}.
 *
 * @param first the least
 * @param last the greatest
 */
record Statuses(int first, int last) {
    /** What messages and the reference call them. */
    static final String TYPE = "list of statuses, 200 to 599, or classes as 2xx";

    private static final int MIN = 200;
    private static final int MAX = 599;
    private static final int CLASS = 100;
    private static final Pattern WORD =
            Pattern.compile("([2-5])xx|([0-9]{1,9})(?:-([0-9]{1,9}))?", Pattern.CASE_INSENSITIVE);

    /**
     * Reads one word.
     *
     * @throws IllegalArgumentException with what is wrong with it
     */
    static Statuses parse(String text) {
        Matcher word = WORD.matcher(text);
        if (!word.matches()) {
            throw new IllegalArgumentException("write a status such as 200, or a class as 2xx");
        }
        if (word.group(1) != null) {
            int first = CLASS * Integer.parseInt(word.group(1));
            return new Statuses(first, first + CLASS - 1);
        }
        int first = Integer.parseInt(word.group(2));
        int last = word.group(3) == null ? first : Integer.parseInt(word.group(3));
        if (first < MIN || last > MAX || last < first) {
            throw new IllegalArgumentException("not between " + MIN + " and " + MAX);
        }
        return new Statuses(first, last);
    }

    boolean has(int status) {
        return first <= status && status <= last;
    }

    boolean isOne() {
        return first == last;
    }

    /** The rules of a route; what is in both belongs to the first. */
    static StatusRules rules(
            List<Statuses> doneOn, List<Statuses> rejectOn, List<VerdictRule> verdicts) {
        Set<Integer> done = all(doneOn);
        Set<Integer> rejected = all(rejectOn);
        rejected.removeAll(done);
        return new StatusRules(done, rejected, verdicts);
    }

    /** What is refused for good where nothing is said, as words. */
    static String usualRefusals(List<Statuses> doneOn) {
        List<Statuses> ranges = new ArrayList<>();
        for (int status : StatusRules.usualRefusals(all(doneOn))) {
            Statuses before = ranges.isEmpty() ? null : ranges.getLast();
            if (before != null && before.last + 1 == status) {
                ranges.set(ranges.size() - 1, new Statuses(before.first, status));
            } else {
                ranges.add(new Statuses(status, status));
            }
        }
        return ranges.stream().map(Statuses::toString).collect(Collectors.joining(", "));
    }

    /** Those that are named one by one. */
    static Set<Integer> named(List<Statuses> statuses) {
        return statuses.stream()
                .filter(Statuses::isOne)
                .map(Statuses::first)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static Set<Integer> all(List<Statuses> statuses) {
        return statuses.stream()
                .flatMapToInt(some -> IntStream.rangeClosed(some.first, some.last))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public String toString() {
        return isOne() ? Integer.toString(first) : first + "-" + last;
    }
}
