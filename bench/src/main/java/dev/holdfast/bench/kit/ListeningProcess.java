package dev.holdfast.bench.kit;

import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of ours in a process of its own, which listens and prints its port first. */
public final class ListeningProcess implements AutoCloseable {
    /** What a gateway is started with, too: a ceiling has the same memory and collector. */
    private static final List<String> FLAGS =
            List.of(
                    "-XX:+UseG1GC",
                    "-XX:+UseCompactObjectHeaders",
                    "-Xmx256m",
                    "--sun-misc-unsafe-memory-access=allow",
                    "--enable-native-access=ALL-UNNAMED");

    private final Process process;
    private final int port;

    /**
     * Starts it, and waits until it listens.
     *
     * @throws IOException if it ends before
     */
    public ListeningProcess(Class<?> program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        if (line == null) {
            throw new IOException(program.getSimpleName() + " did not start");
        }
        port = Integer.parseInt(line);
    }

    public int port() {
        return port;
    }

    /** Without asking: one that has no memory left hears no signal. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
