package dev.holdfast.store;

/** Ends a simulated process at once: the one {@link Throwable} that no store catches. */
public class ProcessEnd extends Error {
    private static final long serialVersionUID = 1L;

    /** The process was killed. */
    public ProcessEnd() {
        super("the process was killed", null, false, false);
    }

    /** Lets it through, as the first thing that whoever catches everything does. */
    public static void pass(Throwable caught) {
        if (caught instanceof ProcessEnd end) {
            throw end;
        }
    }
}
