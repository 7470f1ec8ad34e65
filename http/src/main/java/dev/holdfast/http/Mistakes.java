package dev.holdfast.http;

import java.util.ArrayList;
import java.util.List;

/** Collects everything that is wrong with a request, so that its caller hears of all at once. */
public final class Mistakes {
    /** Mistakes that are reported at most; a garbled request has no end of them. */
    static final int MAX_REPORTED = 20;

    /** Letters of a caller's own field name that are repeated to it. */
    private static final int MAX_NAME_CHARS = 64;

    private final List<Mistake> found = new ArrayList<>(2);

    public void add(String field, String detail) {
        add(new Mistake(shown(field), detail));
    }

    public void oversized(String field, String detail) {
        add(new Mistake(shown(field), detail, true));
    }

    private void add(Mistake mistake) {
        if (found.size() < MAX_REPORTED) {
            found.add(mistake);
        }
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** The problem they make: 413 if all is right but too large, else 400. */
    public Problem problem() {
        boolean onlySize = found.stream().allMatch(Mistake::oversized);
        return new Problem.Invalid(
                onlySize ? Problem.Kind.CONTENT_TOO_LARGE : Problem.Kind.INVALID_REQUEST,
                List.copyOf(found));
    }

    private static String shown(String name) {
        return name.length() <= MAX_NAME_CHARS ? name : name.substring(0, MAX_NAME_CHARS) + "…";
    }
}
