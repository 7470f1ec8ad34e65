package dev.holdfast.store.sqlite;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Where a store gets the time from.
 *
 * @param wall the time that people see; may jump either way
 * @param nanos a clock that never runs backwards within one boot and is shared by every process of
 *     that boot, in nanoseconds (CLOCK_MONOTONIC)
 * @param boot tells one boot of the machine from another
 */
public record Clocks(InstantSource wall, LongSupplier nanos, String boot) {
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    /**
     * The machine's own. Where the system does not tell its boots apart each process is its own.
     */
    public static Clocks system() {
        return new Clocks(InstantSource.system(), System::nanoTime, bootId());
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT_ID).strip();
        } catch (IOException _) {
            return UUID.randomUUID().toString();
        }
    }
}
