package dev.holdfast.store.sqlite;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.files.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Backups of a store that may be serving, and their way back. A backup says of itself that it is a
 * copy, so that whoever serves it, by whatever way it got there, waits out the quota first; see
 * {@link Copy}. Everything here blocks.
 */
public final class SqliteCopies {
    private static final int COPY_BYTES = 1 << 20;

    private static final DateTimeFormatter ASIDE =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    private SqliteCopies() {}

    /** Told how far a copy is, from any thread. */
    public interface Progress {
        /** So many bytes of about so many are copied. */
        void copied(long bytes, long of);

        /** The copy is being checked. */
        void checking();
    }

    /**
     * Makes a backup of a store, which may be serving: as it is at one moment. It has its name only
     * once it is whole, checked and on disk.
     *
     * @param to must not be there
     * @return its length in bytes
     * @throws StoreUnavailable if there is no such store, or the backup cannot be made or is there
     */
    public static long backUp(Path store, Path to, InstantSource wall, Progress progress) {
        if (!Files.exists(store)) {
            throw new StoreUnavailable("there is no store " + store + " to back up", null);
        }
        if (Files.exists(to)) {
            throw isThere(to);
        }
        if (!Files.isDirectory(folder(to))) {
            throw new StoreUnavailable(
                    "there is no folder " + folder(to) + " for the backup", null);
        }
        Path partial = beside(to, ".partial-" + UUID.randomUUID());
        try {
            partial.toFile().deleteOnExit(); // also when it is stopped
            PrivateFiles.create(partial);
            Instant made = wall.instant();
            vacuum(store, partial, progress);
            progress.checking();
            finish(partial, made);
            long bytes = Files.size(partial);
            nameNew(partial, to);
            return bytes;
        } catch (IOException | SQLException e) {
            throw new StoreUnavailable("cannot back up to " + to + ": " + e.getMessage(), e);
        } finally {
            delete(partial);
        }
    }

    /** By SQLite itself, in one read of the store: nobody who writes waits for it. */
    private static void vacuum(Path store, Path to, Progress progress) throws SQLException {
        SqliteFile file = new SqliteFile(store, true);
        try (Connection connection = file.writer();
                PreparedStatement into = connection.prepareStatement("VACUUM INTO ?")) {
            if (number(connection, "PRAGMA user_version") == 0) {
                throw new StoreUnavailable(store + " is not a store of Holdfast", null);
            }
            long pages =
                    number(connection, "PRAGMA page_count")
                            - number(connection, "PRAGMA freelist_count");
            long bytes = pages * number(connection, "PRAGMA page_size");
            into.setString(1, to.toString());
            Watching watching = Watching.start(to, bytes, progress);
            try {
                into.execute();
            } finally {
                watching.close();
            }
        }
    }

    /**
     * Puts a backup into a store's place. What was there is put aside, under a name that is
     * returned.
     *
     * @param backup the backup's bytes
     * @param bytes how many there are, about, for the progress
     * @param force whether a store that is there is put aside; else it is left alone
     * @throws StoreUnavailable if the store is being served or is there, or the backup is none
     */
    public static @Nullable Path restore(
            InputStream backup,
            long bytes,
            Path store,
            boolean force,
            InstantSource wall,
            Progress progress) {
        SqliteFile file = new SqliteFile(store, true);
        isThere(store, force);
        SqliteMigrations.createFolder(file);
        Path partial = beside(store, ".restoring-" + UUID.randomUUID());
        OwnerLock lock = OwnerLock.take(store);
        try {
            TakingPlace place = new TakingPlace(store);
            place.goOn();
            boolean old = isThere(store, force);
            partial.toFile().deleteOnExit();
            PrivateFiles.create(partial);
            receive(backup, bytes, partial, progress);
            progress.checking();
            finish(partial, wall.instant());
            if (old) {
                settle(file);
            }
            Path aside = place.take(partial, ASIDE.format(wall.instant()));
            return old ? aside : null;
        } catch (IOException | SQLException e) {
            throw new StoreUnavailable("cannot restore " + store + ": " + e.getMessage(), e);
        } finally {
            delete(partial);
            lock.close();
        }
    }

    private static void receive(InputStream from, long bytes, Path to, Progress progress)
            throws IOException {
        try (OutputStream out = Files.newOutputStream(to)) {
            byte[] some = new byte[COPY_BYTES];
            long done = 0;
            for (int n = from.read(some); n >= 0; n = from.read(some)) {
                out.write(some, 0, n);
                done += n;
                progress.copied(done, Math.max(done, bytes));
            }
        }
    }

    /**
     * Whether a store is there already.
     *
     * @param force whether it may be
     */
    private static boolean isThere(Path store, boolean force) {
        boolean there =
                TakingPlace.FILES.stream()
                        .anyMatch(end -> beside(store, end).toFile().length() > 0);
        if (there && !force) {
            throw new StoreUnavailable(
                    store + " is there; --force puts it aside, beside the restored one", null);
        }
        return there;
    }

    /** Writes its log into it, so that what is put aside is one file. */
    private static void settle(SqliteFile file) {
        try (Connection connection = file.writer()) {
            if (number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") != 0) {
                throw new StoreUnavailable(
                        "somebody reads " + file.path() + ", perhaps a backup; try again later",
                        null);
            }
        } catch (SQLException _) {
            // It may be damaged, which is why another takes its place.
        }
    }

    /** Gives a file another name, or where there is no such thing its only one. */
    private static void link(Path to, Path file) throws IOException {
        try {
            Files.createLink(to, file);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException _) {
            Files.move(file, to);
        }
    }

    /** Has a file say that it is a copy, checks all of it, and sees to it that it is on disk. */
    private static void finish(Path copy, Instant made) throws IOException, SQLException {
        SQLiteConfig plain = new SQLiteConfig();
        try (Connection connection = plain.createConnection("jdbc:sqlite:" + copy)) {
            SqliteMigrations.checkVersion(copy, number(connection, "PRAGMA user_version"));
            try (Statement statement = connection.createStatement()) {
                // One file from here on, whatever it was made as.
                statement.execute("PRAGMA journal_mode = DELETE");
                try (ResultSet found = statement.executeQuery("PRAGMA integrity_check(1)")) {
                    String first = found.next() ? found.getString(1) : "nothing";
                    if (!"ok".equals(first)) {
                        throw new StoreUnavailable("the copy is damaged: " + first, null);
                    }
                }
            }
            mark(connection, made);
        }
        try (FileChannel bytes = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            bytes.force(true);
        }
    }

    /** A copy of a backup that has not been served keeps the time that it was made at. */
    private static void mark(Connection connection, Instant made) throws SQLException {
        if (Copy.of(connection) == null) {
            try (PreparedStatement mark = connection.prepareStatement(SqliteSql.MARK_COPIED)) {
                mark.setLong(1, made.toEpochMilli());
                mark.executeUpdate();
            }
        }
    }

    /** Gives a file its name, and never another's. */
    private static void nameNew(Path partial, Path to) throws IOException {
        try {
            link(to, partial);
        } catch (FileAlreadyExistsException _) {
            throw isThere(to);
        }
        Files.deleteIfExists(partial); // two names of one file would make it no store
        PrivateFiles.sync(folder(to));
    }

    private static StoreUnavailable isThere(Path to) {
        return new StoreUnavailable(to + " is there already; it is left as it is", null);
    }

    private static long number(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            return found.next() ? found.getLong(1) : 0;
        }
    }

    private static Path beside(Path file, String end) {
        return TakingPlace.beside(file, end);
    }

    private static Path folder(Path file) {
        return PrivateFiles.folder(file);
    }

    private static void delete(Path partial) {
        for (String end : List.of("", "-journal", "-wal", "-shm")) {
            try {
                Files.deleteIfExists(beside(partial, end));
            } catch (IOException _) {
                // It says by its name what it is.
            }
        }
    }

    /** Tells how long a file has become, until it is closed. */
    private record Watching(Thread thread) {
        private static final long EVERY_MILLIS = 100;

        static Watching start(Path file, long of, Progress progress) {
            return new Watching(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        while (waited()) {
                                            progress.copied(
                                                    Math.min(of, file.toFile().length()), of);
                                        }
                                    }));
        }

        private static boolean waited() {
            try {
                Thread.sleep(EVERY_MILLIS);
                return true;
            } catch (InterruptedException _) {
                return false;
            }
        }

        void close() {
            thread.interrupt();
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
