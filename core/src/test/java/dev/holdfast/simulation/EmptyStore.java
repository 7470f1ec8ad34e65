package dev.holdfast.simulation;

import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.sqlite.SqliteStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A store without anything in it, made once and copied for each seed. */
public final class EmptyStore {
    private final Path folder;
    private final Path template;

    public EmptyStore(Path folder) {
        this.folder = folder;
        template = folder.resolve("empty.db");
        World world = new World(0);
        SqliteStore.simulated(
                        template,
                        SimulatedProcess.OPTIONS,
                        world.clocks(),
                        world.random,
                        WriteProbe.NONE,
                        () -> {})
                .close();
    }

    /** A copy for one seed. */
    public Path copy(String name) {
        try {
            return Files.copy(template, folder.resolve(name + ".db"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Removes a copy. */
    public void delete(Path copy) {
        try {
            for (String end : new String[] {"", "-wal", "-shm"}) {
                Files.deleteIfExists(copy.resolveSibling(copy.getFileName() + end));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
