package dev.holdfast.store.sqlite;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.sqlite.SQLiteConfig;
import org.sqlite.util.LibraryLoaderUtil;

/** SQLite's native library, which its driver would otherwise unpack at each start. */
public final class SqliteLibrary {
    /** The folder where the driver looks for it first. */
    private static final String FOLDER = "org.sqlite.lib.path";

    private SqliteLibrary() {}

    /**
     * Has the driver set up its dates, and with them the JDK's locales, which takes longer than
     * opening a file; for a thread beside the start. Nothing else of it is loaded.
     */
    public static void prepare() {
        var _ = new SQLiteConfig();
    }

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
