package dev.holdfast.app.build;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A folder of programs to be a {@code PATH}: a machine that has these and no others. */
record Tools(Path folder) {
    /** What any system has, as the scripts need it. */
    static final List<String> USUAL =
            List.of(
                    "sh",
                    "awk",
                    "basename",
                    "cat",
                    "chmod",
                    "cksum",
                    "cp",
                    "cut",
                    "date",
                    "dirname",
                    "env",
                    "find",
                    "grep",
                    "gzip",
                    "head",
                    "id",
                    "ln",
                    "ls",
                    "mkdir",
                    "mktemp",
                    "mv",
                    "readlink",
                    "rm",
                    "sed",
                    "sha256sum",
                    "sleep",
                    "sort",
                    "tail",
                    "tar",
                    "touch",
                    "tr",
                    "uname",
                    "wc");

    private static final long MOST_SECONDS = 600;

    record Said(int status, String out, String err) {}

    static Tools none() throws IOException {
        return new Tools(Files.createTempDirectory("tools"));
    }

    /** Takes the folder away; what its links name stays. */
    void delete() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    String shell() {
        return folder.resolve("sh").toString();
    }

    Tools with(Iterable<String> programs) throws IOException {
        for (String program : programs) {
            Path found = found(program);
            if (found == null) {
                throw new IllegalStateException(program + " is not on this machine");
            }
            Files.deleteIfExists(folder.resolve(program));
            Files.createSymbolicLink(folder.resolve(program), found);
        }
        return this;
    }

    /** Busybox's programs of these names, as far as it has them. */
    Tools busybox(Iterable<String> programs) throws IOException {
        Path busybox = found("busybox");
        if (busybox == null) {
            throw new IllegalStateException("busybox is not on this machine");
        }
        var process = new ProcessBuilder(busybox.toString(), "--list").start();
        var known = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        for (String program : programs) {
            Files.deleteIfExists(folder.resolve(program));
            if (known.lines().toList().contains(program)) {
                Files.createSymbolicLink(folder.resolve(program), busybox);
            }
        }
        return this;
    }

    Tools script(String name, String text) throws IOException {
        Files.deleteIfExists(folder.resolve(name));
        executable(folder.resolve(name), text);
        return this;
    }

    static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    static boolean has(String program) {
        return found(program) != null;
    }

    private static Path found(String program) {
        for (String place : (System.getenv("PATH") + ":/usr/sbin:/sbin").split(":", -1)) {
            Path candidate = Path.of(place, program);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }

    /** Runs to its end in {@code where} with this {@code PATH} and these variables alone. */
    Said run(Path where, Map<String, String> variables, List<String> command)
            throws IOException, InterruptedException {
        return ended(started(where, variables, command));
    }

    Started started(Path where, Map<String, String> variables, List<String> command)
            throws IOException {
        Path out = Files.createTempFile("said", ".out");
        Path err = Files.createTempFile("said", ".err");
        var builder = new ProcessBuilder(command).directory(where.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", folder.toString());
        builder.environment().putAll(variables);
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        process.getOutputStream().close();
        return new Started(process, out, err);
    }

    record Started(Process process, Path out, Path err) {}

    static Said ended(Started started) throws IOException, InterruptedException {
        if (!started.process().waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
            started.process().destroyForcibly();
            throw new AssertionError("not ended: " + Files.readString(started.err()));
        }
        String out = Files.readString(started.out());
        String err = Files.readString(started.err());
        Files.delete(started.out());
        Files.delete(started.err());
        return new Said(started.process().exitValue(), out, err);
    }
}
