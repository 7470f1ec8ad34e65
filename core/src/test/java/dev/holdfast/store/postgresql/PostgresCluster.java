package dev.holdfast.store.postgresql;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Two real servers of PostgreSQL, one the synchronous standby of the other; the primary can be
 * ended as by a crash and the standby promoted. Needs the server's own tools, among them {@code
 * pg_basebackup}, as Debian's package {@code postgresql} has them.
 */
final class PostgresCluster implements AutoCloseable {
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    private final Path tools;
    private final Path home;
    final int first = freePort();
    final int second = freePort();

    private PostgresCluster(Path tools) throws IOException {
        this.tools = tools;
        home = Files.createTempDirectory("holdfast-cluster");
    }

    /** Where the server's tools are, if they are installed. */
    static Optional<Path> tools() {
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("pg_basebackup")))
                    .max(Comparator.naturalOrder());
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static PostgresCluster start(Path tools) throws IOException {
        PostgresCluster cluster = new PostgresCluster(tools);
        if (isRoot()) {
            run(List.of("chown", "postgres", cluster.home.toString()));
        }
        cluster.tool("initdb", "-D", cluster.data("a"), "-U", "postgres", "-A", "trust");
        cluster.configure("a", cluster.first);
        cluster.up("a");
        cluster.tool(
                "pg_basebackup",
                "-D",
                cluster.data("b"),
                "-h",
                "127.0.0.1",
                "-p",
                "" + cluster.first,
                "-U",
                "postgres",
                "-R",
                "-X",
                "stream",
                "-c",
                "fast");
        cluster.configure("b", cluster.second);
        cluster.up("b");
        cluster.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
        cluster.sql("SELECT pg_reload_conf()");
        return cluster;
    }

    /** Both of them, as the configuration names them. */
    String url() {
        return "postgresql://postgres@127.0.0.1:" + first + ",127.0.0.1:" + second + "/postgres";
    }

    /** Ends the primary at once, as a crash does. */
    void crashPrimary() throws IOException {
        tool("pg_ctl", "-D", data("a"), "-m", "immediate", "-W", "stop");
    }

    void promoteStandby() throws IOException {
        tool("pg_ctl", "-D", data("b"), "-w", "promote");
    }

    private void up(String name) throws IOException {
        tool(
                "pg_ctl",
                "-D",
                data(name),
                "-l",
                home.resolve(name + ".log").toString(),
                "-w",
                "start");
    }

    private void configure(String name, int port) throws IOException {
        Files.writeString(
                home.resolve(name).resolve("postgresql.conf"),
                "\nport = "
                        + port
                        + "\nlisten_addresses = '127.0.0.1'\n"
                        + "unix_socket_directories = ''\nshared_buffers = 32MB\n",
                StandardOpenOption.APPEND);
    }

    private void sql(String statement) throws IOException {
        tool("psql", "-h", "127.0.0.1", "-p", "" + first, "-U", "postgres", "-c", statement);
    }

    private String data(String name) {
        return home.resolve(name).toString();
    }

    private void tool(String name, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(
                    List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"));
        }
        command.add(tools.resolve(name).toString());
        command.addAll(List.of(arguments));
        run(command);
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static void run(List<String> command) throws IOException {
        Path said = Files.createTempFile("holdfast", ".txt");
        Process process =
                new ProcessBuilder(command)
                        .directory(Path.of("/").toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile())
                        .start();
        if (process.onExit().join().exitValue() != 0) {
            throw new IOException(command + " failed: " + Files.readString(said));
        }
        Files.delete(said);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        for (String name : List.of("a", "b")) {
            if (Files.exists(home.resolve(name).resolve("postmaster.pid"))) {
                tool("pg_ctl", "-D", data(name), "-m", "immediate", "-w", "stop");
            }
        }
        try (Stream<Path> files = Files.walk(home)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
