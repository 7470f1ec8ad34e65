package dev.holdfast.app.serve;

import dev.holdfast.app.config.ServerSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key of a first admin client, for where nobody can run {@code holdfast keys create} before the
 * first start, as in a container. It goes to a file that only its user may read, never to the log.
 */
public final class FirstKey {
    /** What the client is called. */
    static final String CLIENT = "admin";

    /** What it may have unfinished, as with {@code keys create}. */
    private static final int MAX_PENDING = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(FirstKey.class);

    private FirstKey() {}

    /**
     * Makes it where {@code server.first-key} names a file, the host is not loopback and nobody has
     * a key; else does nothing.
     *
     * @throws Failure if the file or the store cannot be written
     */
    public static void make(Settings settings) {
        ServerSettings server = settings.server();
        String named = server.firstKey();
        if (named == null
                || server.loopback()
                || !settings.clients().isEmpty()
                || StoreAccess.hasClients(settings.store())) {
            return;
        }
        Path file = Path.of(named);
        String key = ClientKey.create(new SecureRandom());
        // The file first: a key whose client is missing opens nothing and is made anew.
        write(file, key);
        StoreAccess.withClients(
                settings.store(),
                clients -> clients.put(CLIENT, ClientKey.hash(key), true, MAX_PENDING));
        LOG.info("made a first client `{}`, who may do everything; its key is in {}", CLIENT, file);
    }

    private static void write(Path file, String key) {
        try {
            Files.deleteIfExists(file);
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(file, key + "\n");
        } catch (IOException e) {
            throw Failure.failed(
                    "holdfast: cannot write the first key to " + file + ": " + e.getMessage());
        }
    }
}
