package dev.holdfast.bench.kit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The processors' time that threads have taken, as the kernel counts it in nanoseconds. */
public final class Processors {
    /** Threads of the JVM whose time is no operation's, by how their names begin. */
    private static final List<String> ASIDE = List.of("C1 ", "C2 ", "G1 ", "GC Thread");

    private Processors() {}

    /** Of this process's threads that are there, less those of the compiler and the collector. */
    public static double own() throws IOException {
        double micros = 0;
        try (var threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                micros += isAside(thread) ? 0 : micros(thread);
            }
        }
        return micros;
    }

    private static boolean isAside(Path thread) throws IOException {
        try {
            String name = Files.readString(thread.resolve("comm"));
            return ASIDE.stream().anyMatch(name::startsWith);
        } catch (NoSuchFileException _) {
            return true;
        }
    }

    /** Of one thread, or of a process that has no more; 0 if it has ended. */
    static double micros(Path process) throws IOException {
        try {
            String taken = Files.readString(process.resolve("schedstat"));
            return Double.parseDouble(taken.substring(0, taken.indexOf(' '))) / 1e3;
        } catch (NoSuchFileException _) {
            return 0;
        }
    }
}
