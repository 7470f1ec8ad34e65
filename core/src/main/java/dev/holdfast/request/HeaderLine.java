package dev.holdfast.request;

import java.util.ArrayList;
import java.util.List;

/**
 * A header of a request or an answer as it came.
 *
 * @param name in lower case
 * @param value without the blanks around it; one char a byte (RFC 9110, section 5.5)
 */
public record HeaderLine(String name, String value) {
    private static final String MARK = ": ";

    /** The lines as the store keeps them: one below the other, as HTTP writes them. */
    public static String write(List<HeaderLine> lines) {
        StringBuilder text = new StringBuilder();
        for (HeaderLine line : lines) {
            text.append(line.name).append(MARK).append(line.value).append('\n');
        }
        return text.toString();
    }

    /**
     * The lines of what {@link #write} gave.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static List<HeaderLine> read(String text) {
        List<HeaderLine> lines = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            int mark = line.indexOf(MARK);
            if (mark > 0) {
                String value = line.substring(mark + MARK.length());
                lines.add(new HeaderLine(line.substring(0, mark), value));
            } else if (!line.isEmpty()) {
                throw new IllegalArgumentException("not a header: no colon");
            }
        }
        return lines;
    }
}
