package dev.holdfast.store.sqlite;

import dev.holdfast.store.StoreUnavailable;
import dev.holdfast.store.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps anybody else from serving the same file, by whatever name; it is held as long as the
 * process lives.
 */
final class OwnerLock implements AutoCloseable {
    /** Symbolic links that are followed to a file that is not there yet. */
    private static final int MAX_LINKS = 40;

    /**
     * Files that this process serves. A system's file locks are the process's: whoever in it closes
     * the lock's file, even one that did not get the lock, gives it up for all. So a second owner
     * here must not touch the file, and only the whole process can know.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path file;
    private final FileChannel channel;

    private OwnerLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the lock of a database file, which lies beside the file itself, not beside a link to
     * it.
     */
    static OwnerLock take(Path database) {
        Path file;
        try {
            file = real(database);
            refuseSeveralNames(file);
        } catch (IOException e) {
            throw new StoreUnavailable("cannot lock " + database + ": " + reason(e), e);
        }
        if (!HELD.add(file)) {
            throw inUse(database);
        }
        boolean taken = false;
        try {
            OwnerLock lock = takeFile(database, file);
            taken = true;
            return lock;
        } finally {
            if (!taken) {
                HELD.remove(file);
            }
        }
    }

    /** The file that a path leads to, also if it is not there yet. */
    private static Path real(Path database) throws IOException {
        Path at = database.toAbsolutePath();
        for (int links = 0; !Files.exists(at) && Files.isSymbolicLink(at); links++) {
            if (links == MAX_LINKS) {
                throw new FileSystemException(at.toString(), null, "too many symbolic links");
            }
            at = at.resolveSibling(Files.readSymbolicLink(at));
        }
        Path folder = at.getParent();
        Path name = at.getFileName();
        if (Files.exists(at) || folder == null || name == null) {
            return at.toRealPath();
        }
        return folder.toRealPath().resolve(name);
    }

    /** By another of them it would have another lock, and SQLite another log. */
    private static void refuseSeveralNames(Path file) throws IOException {
        if (Files.exists(file)
                && file.getFileSystem().supportedFileAttributeViews().contains("unix")
                && Files.getAttribute(file, "unix:nlink") instanceof Integer names
                && names > 1) {
            throw new FileSystemException(
                    file.toString(), null, "it has " + names + " names (hard links); keep one");
        }
    }

    private static StoreUnavailable inUse(Path database) {
        return new StoreUnavailable(
                database + " is in use by another Holdfast; stop that one first", null);
    }

    private static OwnerLock takeFile(Path database, Path file) {
        Path path = file.resolveSibling(file.getFileName() + ".lock");
        try {
            PrivateFiles.create(path);
            FileChannel channel =
                    FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = lock(channel);
            if (lock == null) {
                channel.close();
                throw inUse(database);
            }
            return new OwnerLock(file, channel);
        } catch (IOException e) {
            throw new StoreUnavailable("cannot lock " + path + ": " + reason(e), e);
        }
    }

    /** A file system's errors may say no more than the path, which is told already. */
    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "no file can be made there";
            case AccessDeniedException _ -> "permission denied";
            case FileSystemException f when f.getReason() != null -> f.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    @SuppressWarnings("NullAway") // tryLock answers null when another process holds the lock
    private static FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException _) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoreUnavailable("cannot release the lock: " + e.getMessage(), e);
        } finally {
            HELD.remove(file);
        }
    }
}
