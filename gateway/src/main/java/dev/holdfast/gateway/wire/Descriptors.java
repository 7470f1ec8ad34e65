package dev.holdfast.gateway.wire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many files and sockets this process may have open, where the system tells (Linux). */
final class Descriptors {
    /** Of all, those that no connection gets: for the store, upstreams, webhooks and operators. */
    private static final int KEPT = 256;

    /** The same where there are many. */
    private static final int KEPT_PART = 8;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String OPEN_FILES = "Max open files";

    private Descriptors() {}

    /** Connections that leave enough descriptors for all else; at least 1. */
    static int forConnections() {
        try {
            for (String line : Files.readAllLines(LIMITS)) {
                if (line.startsWith(OPEN_FILES)) {
                    return forConnections(line.substring(OPEN_FILES.length()).strip());
                }
            }
        } catch (IOException _) {
            // Not Linux: what was configured is all there is to go by.
        }
        return Integer.MAX_VALUE;
    }

    /** The same of the figures in that line: the limit in force, then how far it may be raised. */
    static int forConnections(String figures) {
        String inForce = figures.split("\\s+", 2)[0];
        if (!inForce.matches("[0-9]{1,9}")) {
            return Integer.MAX_VALUE; // "unlimited"
        }
        int all = Integer.parseInt(inForce);
        return Math.max(1, all - Math.max(Math.min(KEPT, all / 2), all / KEPT_PART));
    }
}
