package dev.holdfast.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a second process from serving the same file; it is held as long as the process lives. */
final class OwnerLock implements AutoCloseable {
    private final FileChannel channel;

    private OwnerLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the lock of a database file, which lies beside it. */
    static OwnerLock take(Path database) {
        Path path = database.resolveSibling(database.getFileName() + ".lock");
        try {
            FileChannel channel =
                    FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = lock(channel);
            if (lock == null) {
                channel.close();
                throw new StoreUnavailable(
                        database + " is in use by another Holdfast; stop that one first", null);
            }
            return new OwnerLock(channel);
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
        }
    }
}
