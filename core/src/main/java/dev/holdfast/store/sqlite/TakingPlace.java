package dev.holdfast.store.sqlite;

import dev.holdfast.store.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a restored store takes the place of another, in moves of which each may be the last before
 * the power goes. The first gives it a name that says what is meant; from then on whoever opens the
 * store goes on with it, and so finds it whole, never the one with the other's log (SQLite would
 * write that into it) and never the old one without its own.
 */
final class TakingPlace {
    /**
     * After the store's name, with the time at the end: checked, on disk, and to take its place.
     */
    private static final String MEANT = ".restored-";

    /** After the store's name, with the same time: what was there before. */
    private static final String ASIDE = ".before-restore-";

    /** What SQLite keeps, by what is after the store's name. */
    static final List<String> FILES = List.of("", "-wal", "-shm");

    private final Path store;
    private final Mover mover;

    /** Gives a file another name. */
    interface Mover {
        void move(Path from, Path to) throws IOException;
    }

    /** Of the store at this path; whoever calls has its lock. */
    TakingPlace(Path store) {
        this(store, (from, to) -> Files.move(from, to, StandardCopyOption.ATOMIC_MOVE));
    }

    TakingPlace(Path store, Mover mover) {
        this.store = store;
        this.mover = mover;
    }

    /**
     * Has a checked file take the place.
     *
     * @param time as names have it
     * @return where the one before is now, if there was one
     */
    Path take(Path checked, String time) throws IOException {
        Path meant = beside(store, MEANT + time);
        mover.move(checked, meant);
        goOn(meant);
        return beside(store, ASIDE + time);
    }

    /** Goes on where a crash cut one off, if it did. */
    void goOn() throws IOException {
        String name = store.getFileName() + MEANT;
        List<Path> found;
        try (Stream<Path> files = Files.list(PrivateFiles.folder(store))) {
            found =
                    files.filter(file -> file.getFileName().toString().startsWith(name))
                            .sorted()
                            .toList();
        }
        for (Path meant : found) {
            goOn(meant);
        }
    }

    private void goOn(Path meant) throws IOException {
        Path folder = PrivateFiles.folder(store);
        PrivateFiles.sync(folder);
        String name = meant.getFileName().toString();
        String time = name.substring(name.lastIndexOf(MEANT) + MEANT.length());
        Path aside = beside(store, ASIDE + time);
        for (String end : FILES) {
            Path file = beside(store, end);
            if (file.toFile().length() > 0 || (!end.isEmpty() && Files.exists(file))) {
                mover.move(file, beside(aside, end));
            }
        }
        PrivateFiles.sync(folder);
        mover.move(meant, store);
        PrivateFiles.sync(folder);
    }

    static Path beside(Path file, String end) {
        return file.resolveSibling(file.getFileName() + end);
    }
}
