package dev.holdfast.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.sqlite.util.LibraryLoaderUtil;

/** SQLite's native library, which its driver would otherwise unpack at each start. */
public final class SqliteLibrary {
    /** The folder where the driver looks for it first. */
    private static final String FOLDER = "org.sqlite.lib.path";

    private SqliteLibrary() {}

    /**
     * Unpacks it to where the driver has been told to look; does nothing if it was told no such
     * folder, or brings no library for this system.
     */
    public static void unpack() throws IOException {
        String folder = System.getProperty(FOLDER);
        if (folder == null) {
            return;
        }
        String name = LibraryLoaderUtil.getNativeLibName();
        String packed = LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name;
        try (InputStream in = LibraryLoaderUtil.class.getResourceAsStream(packed)) {
            if (in != null) {
                Path path = Files.createDirectories(Path.of(folder)).resolve(name);
                Files.copy(in, path, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
