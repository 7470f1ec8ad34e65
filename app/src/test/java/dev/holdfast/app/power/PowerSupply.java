package dev.holdfast.app.power;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** What stands between a process and its disk: {@code disk.c}, compiled. */
final class PowerSupply {
    private static final String SOURCE = "disk.c";
    private static final Duration COMPILE_WITHIN = Duration.ofSeconds(30);

    private final Path library;

    private PowerSupply(Path library) {
        this.library = library;
    }

    /** Compiled into a folder; nothing where there is no C compiler or it is not Linux. */
    static Optional<PowerSupply> compile(Path folder) throws IOException, InterruptedException {
        Path source = folder.resolve(SOURCE);
        Path library = folder.resolve("disk.so");
        try (InputStream in = PowerSupply.class.getResourceAsStream(SOURCE)) {
            if (in == null) {
                throw new IOException("no " + SOURCE + " on the class path");
            }
            Files.copy(in, source);
        }
        try {
            Process compiler =
                    new ProcessBuilder(
                                    "cc",
                                    "-shared",
                                    "-fPIC",
                                    "-O2",
                                    "-o",
                                    library.toString(),
                                    source.toString(),
                                    "-lpthread")
                            .redirectErrorStream(true)
                            .redirectOutput(Redirect.DISCARD)
                            .start();
            if (!compiler.waitFor(COMPILE_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                compiler.destroyForcibly();
            }
        } catch (IOException _) {
            return Optional.empty(); // there is no cc
        }
        return Optional.of(library).filter(Files::exists).map(PowerSupply::new);
    }

    /**
     * What a process needs in its environment.
     *
     * @param root the folder whose files are written down
     * @param log where
     * @param cutAfter so many operations; 0 = never
     */
    Map<String, String> environment(Path root, Path log, int cutAfter) {
        return Map.of(
                "LD_PRELOAD", library.toString(),
                "POWER_ROOT", root.toString(),
                "POWER_LOG", log.toString(),
                "POWER_CUT_AFTER", String.valueOf(cutAfter));
    }
}
