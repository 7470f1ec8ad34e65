package dev.holdfast.app.serve;

import dev.holdfast.app.config.StoreSettings;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.store.files.PrivateFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Warns of files with secrets that other users of the machine may read. */
public final class OpenFiles {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFiles.class);

    /** What SQLite keeps beside its file. */
    private static final List<String> BESIDE = List.of("-wal", "-shm");

    private OpenFiles() {}

    /** Looks at the store's folder and files and at {@code .env}. */
    static void warn(StoreSettings store) {
        found(store).forEach(LOG::warn);
    }

    /** What is wrong, one line each. */
    public static List<String> found(StoreSettings store) {
        List<Path> paths = new ArrayList<>();
        paths.add(Path.of(Variables.ENV_FILE));
        if (store.sqlite()) {
            Path file = Path.of(store.sqlitePath());
            if (file.getParent() != null) {
                paths.add(file.getParent());
            }
            paths.add(file);
            BESIDE.forEach(end -> paths.add(file.resolveSibling(file.getFileName() + end)));
        }
        return paths.stream().flatMap(path -> PrivateFiles.tooOpen(path).stream()).toList();
    }
}
