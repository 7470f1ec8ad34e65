package dev.holdfast.app.power;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A disk and the cache before it. It promises what POSIX does and no more: what was written to a
 * file is on the disk once a sync of the file that began later is done, and a name once its folder
 * was synced. Of everything else any part may survive, in any order, a sector of {@link #SECTOR}
 * bytes as a whole.
 */
final class Disk {
    static final int SECTOR = 512;

    private final Predicate<String> syncs;
    private final Map<String, Entry> cached = new TreeMap<>();
    private final Map<String, Entry> durable = new TreeMap<>();
    private final Map<Long, Sync> syncing = new HashMap<>();

    /** What becomes of that which was not synced. */
    enum Loss {
        ALL,
        NONE,
        WRITES,
        SECTORS,
        LAST_TORN
    }

    /** How much was lost at a cut: writes, writes of which a part survived, and names. */
    record Lost(int writes, int torn, int names) {
        Lost plus(Lost other) {
            return new Lost(writes + other.writes, torn + other.torn, names + other.names);
        }
    }

    /**
     * A sync under way.
     *
     * @param nanos when it began
     * @param names what its folder held then
     */
    private record Sync(long nanos, Map<String, Entry> names) {}

    /** What a name stands for; only itself is the same. */
    private static final class Entry {
        final boolean isFolder;
        final Bytes synced;
        final Deque<Operation> unsynced = new ArrayDeque<>();

        Entry(boolean isFolder, byte[] content) {
            this.isFolder = isFolder;
            this.synced = new Bytes(content);
        }
    }

    /**
     * A disk with what is below a folder, all of it synced.
     *
     * @param before the folder
     * @param root the folder in its place in the paths of operations
     * @param syncs the paths whose syncs do what they promise; all others' do nothing
     */
    Disk(Path before, Path root, Predicate<String> syncs) throws IOException {
        this.syncs = syncs;
        try (Stream<Path> paths = Files.walk(before)) {
            for (Path path : paths.filter(path -> !path.equals(before)).toList()) {
                boolean isFolder = Files.isDirectory(path);
                byte[] content = isFolder ? new byte[0] : Files.readAllBytes(path);
                Path name = root.resolve(before.relativize(path).toString());
                cached.put(name.toString(), new Entry(isFolder, content));
            }
        }
        durable.putAll(cached);
    }

    void apply(Operation done) {
        switch (done.kind()) {
            case CREATE -> cached.put(done.path(), new Entry(false, new byte[0]));
            case FOLDER -> cached.put(done.path(), new Entry(true, new byte[0]));
            case REMOVE -> cached.remove(done.path());
            case WRITE, TRUNCATE -> file(done).unsynced.add(done);
            case SYNC -> syncing.put(done.thread(), new Sync(done.nanos(), named(done.path())));
            case SYNCED -> synced(done);
            case UNKNOWN ->
                    throw new IllegalStateException("not known what it does: " + done.path());
        }
    }

    private Entry file(Operation done) {
        return Optional.ofNullable(cached.get(done.path()))
                .orElseThrow(() -> new IllegalStateException("no such file: " + done.path()));
    }

    private Map<String, Entry> named(String folder) {
        Map<String, Entry> names = new HashMap<>(cached);
        names.keySet().removeIf(path -> !isIn(path, folder));
        return names;
    }

    private void synced(Operation done) {
        Sync sync =
                Optional.ofNullable(syncing.remove(done.thread()))
                        .orElseThrow(() -> new IllegalStateException("no sync: " + done.path()));
        Entry entry = cached.get(done.path());
        if (!syncs.test(done.path())) {
            return;
        }
        if (entry != null && !entry.isFolder) {
            while (!entry.unsynced.isEmpty() && entry.unsynced.getFirst().nanos() <= sync.nanos()) {
                entry.synced.apply(entry.unsynced.removeFirst());
            }
        } else {
            durable.keySet().removeIf(path -> isIn(path, done.path()));
            durable.putAll(sync.names());
        }
    }

    private static boolean isIn(String path, String folder) {
        return folder.equals(String.valueOf(Path.of(path).getParent()));
    }

    /** Writes what is there after a cut now to a folder that is empty. */
    Lost cut(Path root, Path to, Loss loss, RandomGenerator chance) throws IOException {
        Lost lost = new Lost(0, 0, 0);
        TreeSet<String> paths = new TreeSet<>(cached.keySet());
        paths.addAll(durable.keySet());
        for (String path : paths) {
            Entry old = durable.get(path);
            Entry now = cached.get(path);
            boolean isOld = loss == Loss.ALL || (loss != Loss.NONE && chance.nextBoolean());
            Entry entry = isOld ? old : now;
            if (entry != now) {
                lost = lost.plus(new Lost(0, 0, 1));
            }
            Path target = to.resolve(root.relativize(Path.of(path)).toString());
            if (entry == null || !Files.isDirectory(target.getParent())) {
                continue; // the name is lost, or its folder
            }
            if (entry.isFolder) {
                Files.createDirectory(target);
            } else {
                lost = lost.plus(write(entry, target, loss, chance));
            }
        }
        return lost;
    }

    private static Lost write(Entry file, Path to, Loss loss, RandomGenerator chance)
            throws IOException {
        Bytes cache = new Bytes(file.synced.content());
        Bytes disk = new Bytes(file.synced.content());
        int last = file.unsynced.isEmpty() ? 0 : chance.nextInt(file.unsynced.size());
        Lost lost = new Lost(0, 0, 0);
        int i = 0;
        for (Operation done : file.unsynced) {
            cache.apply(done);
            double odds =
                    switch (loss) {
                        case ALL -> 0;
                        case NONE -> 1;
                        case WRITES -> chance.nextInt(2);
                        case SECTORS -> 0.5;
                        case LAST_TORN -> i == last ? 0.5 : i < last ? 1 : 0;
                    };
            i++;
            if (done.kind() == Operation.Kind.TRUNCATE) {
                if (chance.nextDouble() < odds) {
                    disk.apply(done);
                }
            } else {
                lost = lost.plus(survive(done, cache, disk, odds, chance));
            }
        }
        Files.write(to, disk.content());
        return lost;
    }

    /** Some sectors of a write reach the disk, each with all that the cache has of it. */
    private static Lost survive(
            Operation write, Bytes cache, Bytes disk, double odds, RandomGenerator chance) {
        int survived = 0;
        int sectors = 0;
        int end = Math.toIntExact(write.offset() + write.length());
        for (int at = (int) write.offset() / SECTOR * SECTOR; at < end; at += SECTOR) {
            sectors++;
            if (chance.nextDouble() < odds) {
                disk.copy(cache, at, Math.min(at + SECTOR, cache.size()), chance);
                survived++;
            }
        }
        boolean isTorn = survived > 0 && survived < sectors;
        return new Lost(survived == 0 ? 1 : 0, isTorn ? 1 : 0, 0);
    }

    /** A file's content. */
    private static final class Bytes {
        private byte[] bytes;
        private int size;

        Bytes(byte[] content) {
            bytes = content;
            size = content.length;
        }

        int size() {
            return size;
        }

        byte[] content() {
            return Arrays.copyOf(bytes, size);
        }

        void apply(Operation done) {
            int offset = Math.toIntExact(done.offset());
            if (done.kind() == Operation.Kind.TRUNCATE) {
                grow(offset);
                size = offset;
            } else {
                int end = offset + done.length();
                grow(end);
                done.bytes().get(0, bytes, offset, done.length());
                size = Math.max(size, end);
            }
        }

        /**
         * What lies between the end and what is copied was given to the file, and never written.
         */
        void copy(Bytes from, int start, int end, RandomGenerator chance) {
            grow(end);
            for (int i = size; i < start; i++) {
                bytes[i] = (byte) chance.nextInt();
            }
            System.arraycopy(from.bytes, start, bytes, start, Math.max(0, end - start));
            size = Math.max(size, end);
        }

        private void grow(int end) {
            if (end > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
            }
            if (end > size) {
                Arrays.fill(bytes, size, end, (byte) 0);
            }
        }
    }
}
