package dev.holdfast.store.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Files and folders that hold secrets: only their user may look into them. Where a file system
 * knows no such thing, they are as it makes them.
 */
public final class PrivateFiles {
    private static final Set<PosixFilePermission> FOLDER =
            PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE =
            PosixFilePermissions.fromString("rw-------");

    private PrivateFiles() {}

    /** The folder that a file is in. */
    public static Path folder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return folder == null ? file.toAbsolutePath() : folder;
    }

    /** Makes a folder, and those above it, unless they are there. */
    public static void createFolders(Path folder) throws IOException {
        DurableFolder.create(folder, mode(folder, FOLDER));
    }

    /** Makes an empty file unless there is one. */
    public static void create(Path file) {
        try {
            Files.createFile(file, mode(file, FILE));
        } catch (IOException _) {
            // There is one, or there can be none, which whoever opens it tells.
        }
    }

    /** Has a folder's names survive a power cut, where its user may open it. */
    public static void sync(Path folder) throws IOException {
        DurableFolder.sync(folder);
    }

    /**
     * Who else may read, write or enter something that is there, in words that say what to do;
     * empty if nobody may, or that is not known.
     */
    public static Optional<String> tooOpen(Path path) {
        try {
            PosixFileAttributeView view =
                    Files.getFileAttributeView(path, PosixFileAttributeView.class);
            if (view == null || !Files.exists(path)) {
                return Optional.empty();
            }
            Set<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
            others.addAll(view.readAttributes().permissions());
            others.removeAll(FOLDER);
            String mode = Files.isDirectory(path) ? "700" : "600";
            return others.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            path
                                    + " holds secrets, and other users of this machine may open it:"
                                    + " chmod "
                                    + mode
                                    + " "
                                    + path);
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    private static FileAttribute<?>[] mode(Path path, Set<PosixFilePermission> mode) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)}
                : new FileAttribute<?>[0];
    }
}
