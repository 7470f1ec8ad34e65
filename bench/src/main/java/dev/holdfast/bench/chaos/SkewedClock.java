package dev.holdfast.bench.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A wrong wall clock for a process: a few lines of C between it and the C library. The monotonic
 * clocks stay as they are, as on a machine whose wall clock is wrong. (libfaketime would do the
 * same, but takes a semaphore at every look at any clock, in which a JVM gets stuck.)
 */
final class SkewedClock {
    private static final String SOURCE = "skew.c";
    private static final Duration COMPILE_WITHIN = Duration.ofSeconds(30);

    private final Path library;

    private SkewedClock(Path library) {
        this.library = library;
    }

    /** Compiled into a folder; nothing where there is no C compiler. */
    static Optional<SkewedClock> compile(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        Path source = folder.resolve(SOURCE);
        Path library = folder.resolve("skew.so");
        try (InputStream in = SkewedClock.class.getResourceAsStream(SOURCE)) {
            if (in == null) {
                throw new IOException("no " + SOURCE + " on the class path");
            }
            Files.copy(in, source);
        }
        try {
            Process compiler =
                    new ProcessBuilder(
                                    List.of(
                                            "cc",
                                            "-shared",
                                            "-fPIC",
                                            "-O2",
                                            "-o",
                                            library.toString(),
                                            source.toString(),
                                            "-ldl"))
                            .redirectErrorStream(true)
                            .redirectOutput(Redirect.DISCARD)
                            .start();
            if (!compiler.waitFor(COMPILE_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                compiler.destroyForcibly();
            }
        } catch (IOException _) {
            return Optional.empty(); // there is no cc
        }
        return Optional.of(library).filter(Files::exists).map(SkewedClock::new);
    }

    /** What a process needs in its environment so that its wall clock is off by so much. */
    Map<String, String> off(Duration by) {
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "SKEWED_CLOCK_OFF_SECONDS", String.valueOf(by.toSeconds()));
    }
}
