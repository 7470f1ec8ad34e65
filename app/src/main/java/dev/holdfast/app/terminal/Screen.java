package dev.holdfast.app.terminal;

import java.io.PrintWriter;

/** A view that is shown again and again: in place on a terminal, else one after the other. */
public final class Screen {
    private static final String HOME = "\u001b[H";
    private static final String TO_END_OF_LINE = "\u001b[K";
    private static final String TO_END_OF_SCREEN = "\u001b[J";
    private static final String ALL = "\u001b[2J";

    private final PrintWriter out;
    private final boolean terminal;
    private boolean begun;

    public Screen(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Shows lines, each with its end, in place of those before.
     *
     * @throws Failure if nobody reads them any more
     */
    public void show(String lines) {
        if (terminal) {
            // Written over, line by line: a screen that is cleared first flickers.
            out.print(begun ? HOME : ALL + HOME);
            out.print(lines.replace("\n", TO_END_OF_LINE + "\n"));
            out.print(TO_END_OF_SCREEN);
        } else {
            out.print("\n" + lines);
        }
        begun = true;
        if (out.checkError()) { // flushes first
            throw Failure.failed(StandardOutput.LOST);
        }
    }
}
