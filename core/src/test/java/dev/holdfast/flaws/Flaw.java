package dev.holdfast.flaws;

import java.util.List;

/**
 * One mistake in the source.
 *
 * @param name what is wrong
 * @param promise the promise that it breaks, {@code P1} to {@code P7}
 * @param edits what to change, at least one
 * @param test {@code Class} or {@code Class#method}, by simple name
 * @param properties system properties of that test
 * @param says what its failure must say, or empty
 */
record Flaw(
        String name,
        String promise,
        List<Edit> edits,
        String test,
        List<String> properties,
        String says) {
    Flaw {
        edits = List.copyOf(edits);
        properties = List.copyOf(properties);
    }

    /**
     * A change of one source file.
     *
     * @param source the file's name without {@code .java}; as much of its path in front as tells it
     *     from others of that name
     * @param before text that occurs once, however it is wrapped
     * @param after what stands in its place
     */
    record Edit(String source, String before, String after) {}

    @Override
    public String toString() {
        return promise + ": " + name;
    }
}
