package dev.holdfast.app.terminal;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.Charset;

/**
 * Standard output that keeps in mind what could not be written: {@link System#out} swallows it, and
 * a command whose output is lost would end with 0.
 */
public final class StandardOutput {
    /** What is said when something could not be written. */
    public static final String LOST =
            "holdfast: standard output cannot be written: its reader is gone, or its disk is full";

    private StandardOutput() {}

    /** A writer whose {@link PrintWriter#checkError} tells whether all of it went out. */
    public static PrintWriter open() {
        Charset charset = System.out.charset();
        return new PrintWriter(
                new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), charset), false);
    }
}
