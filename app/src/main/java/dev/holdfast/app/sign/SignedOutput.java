package dev.holdfast.app.sign;

import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.StandardOutput;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** The lines of {@code sign} on standard output. */
record SignedOutput(PrintWriter out) implements SignedLines {
    @Override
    public boolean has(String message) {
        return false;
    }

    @Override
    public boolean continues() {
        return false;
    }

    @Override
    public int failures(String message) {
        return 0;
    }

    @Override
    public void begin() {
        // There since the process began.
    }

    @Override
    public void write(String message, Signing.Ended ended) {
        out.print(new String(SignedLine.of(message, ended), StandardCharsets.UTF_8));
        if (out.checkError()) { // flushes first
            throw Failure.failed(StandardOutput.LOST);
        }
    }

    @Override
    public void close() {
        out.flush();
    }
}
