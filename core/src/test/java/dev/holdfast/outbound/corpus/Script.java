package dev.holdfast.outbound.corpus;

import java.util.List;

/**
 * What a server sends for one request, and what it means.
 *
 * @param name what it shows
 * @param kind what the caller wants: {@code text}, {@code json}, {@code status}, {@code receiver}
 *     or {@code source}
 * @param meaning a word and what belongs to it; {@code {q}} stands for the request's own token
 * @param kept whether the connection may be used again
 * @param steps what is sent, a packet each, or a command
 */
public record Script(String name, String kind, String meaning, boolean kept, List<String> steps) {
    /** Ends the connection. */
    public static final String CLOSE = "!close";

    /** Ends the connection with a TCP reset. */
    public static final String RESET = "!reset";

    /** Waits until the caller has the answer so far. */
    public static final String LATE = "!late";

    /** The meaning's first word. */
    public String word() {
        return meaning.split(" ", 2)[0];
    }

    /** What belongs to the word, for the request {@code q}. */
    public String rest(String q) {
        String[] parts = meaning.split(" ", 2);
        return parts.length < 2 ? "" : Corpus.letters(parts[1]).replace("{q}", q);
    }

    /** Whether the server itself ends the connection. */
    public boolean ends() {
        return steps.contains(CLOSE) || steps.contains(RESET);
    }

    /** Whether something comes when the answer is there already. */
    public boolean late() {
        return steps.contains(LATE);
    }

    @Override
    public String toString() {
        return name;
    }
}
