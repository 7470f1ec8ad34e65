package dev.holdfast.bench.kit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A folder that is gone when closed; in {@code java.io.tmpdir}, which is to be on a real disk. */
public final class Scratch implements AutoCloseable {
    private final Path path;

    public Scratch() throws IOException {
        path = Files.createTempDirectory("holdfast-bench");
    }

    public Path path(String name) {
        return path.resolve(name);
    }

    @Override
    public void close() throws IOException {
        try (var files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
