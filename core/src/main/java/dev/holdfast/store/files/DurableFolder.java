package dev.holdfast.store.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;

/**
 * Makes folders whose names survive a power cut: a sync of a file says nothing of the name of the
 * folder that it is in (P3).
 */
final class DurableFolder {
    private DurableFolder() {}

    /** Makes it and the folders that it is in, where they are missing. */
    static void create(Path folder, FileAttribute<?>... mode) throws IOException {
        Path parent = folder.toAbsolutePath().getParent();
        if (parent == null || Files.isDirectory(folder)) {
            return;
        }
        create(parent, mode);
        Files.createDirectories(folder, mode);
        sync(parent);
    }

    static void sync(Path folder) throws IOException {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        } catch (AccessDeniedException _) {
            // Who may make a folder there need not be allowed to open it.
        }
    }
}
