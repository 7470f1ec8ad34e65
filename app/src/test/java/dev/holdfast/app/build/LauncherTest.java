package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.app.build.Tools.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code ./holdfast} itself, in a checkout of a small program instead of Holdfast: its {@code mvnw}
 * compiles one class.
 */
class LauncherTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path JAVA = Path.of(System.getProperty("java.home"));
    private static final String MAVEN =
            """
            #!/bin/sh
            set -e
            mkdir -p app/target/classes
            "$JAVA_HOME/bin/javac" -d app/target/classes app/src/main/java/dev/holdfast/app/Main.java
            "$JAVA_HOME/bin/jar" cf app/target/holdfast.jar -C app/target/classes .
            echo built >>app/target/builds
            """;
    private static final String PROGRAM =
            """
            package dev.holdfast.app;
            public class Main {
                public static void main(String[] words) {
                    System.out.println("TEXT" + String.join("|", words));
                }
            }
            """;

    /** One that knows what POSIX says, as BSD's does not know GNU's. */
    private static final String FIND =
            """
            #!/bin/sh
            for word in "$@"; do
              case "$word" in
                -printf | -printf0 | -quit | -executable | -readable | -writable | -regextype)
                  echo "find: $word: unknown primary or operator" >&2
                  exit 1 ;;
              esac
            done
            exec REAL "$@"
            """;

    /** A JDK whose JVM learns nothing, as a training takes seconds. */
    private static final String JVM =
            """
            #!/bin/sh
            case "$*" in *-XX:AOTCacheOutput=*) echo 'holdfast: no training, as told'; exit 1 ;; esac
            exec 'REAL/bin/java' "$@"
            """;

    @TempDir Path base;

    private Tools tools;
    private Path checkout;
    private Path jdk;

    @BeforeEach
    void checksOut() throws IOException {
        tools = Tools.none();
        Files.setPosixFilePermissions(tools.folder(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
        checkout = base.resolve("check out"); // a blank, as people have them
        for (String file :
                List.of(
                        "holdfast",
                        ".ci/jdk",
                        "packaging/jdk/lock",
                        "packaging/jdk/fetch",
                        "packaging/jdk/pinned",
                        "packaging/jvm.options",
                        "LICENSE",
                        "pom.xml")) {
            Path copy = checkout.resolve(file);
            Files.createDirectories(copy.getParent());
            Files.copy(ROOT.resolve(file), copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createDirectories(checkout.resolve(".mvn"));
        jdk = base.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        Files.copy(JAVA.resolve("release"), jdk.resolve("release"));
        for (String program : List.of("javac", "jar")) {
            Files.createSymbolicLink(
                    jdk.resolve("bin").resolve(program), JAVA.resolve("bin").resolve(program));
        }
        Tools.executable(jdk.resolve("bin/java"), JVM.replace("REAL", JAVA.toString()));
        Tools.executable(checkout.resolve("mvnw"), MAVEN);
        for (String module : List.of("core", "http", "gateway", "rates", "simulator", "app")) {
            Path sources = checkout.resolve(module).resolve("src/main/java/dev/holdfast/app");
            Files.createDirectories(sources);
            Files.writeString(checkout.resolve(module).resolve("pom.xml"), "<project/>");
        }
        says("one ");
    }

    @AfterEach
    void ends() throws Exception {
        tools.delete();
        new ProcessBuilder("chmod", "-R", "u+w", base.toString()).start().waitFor();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "bash", "busybox"})
    void whatWasPulledIsBuiltAlsoByAFindOfBsd(String shell) throws Exception {
        usual(shell);

        Said first = holdfast("a b", "c");
        assertThat(first.out()).isEqualTo("one a b|c\n");
        assertThat(first.err()).as("why its start stays slow").contains("no training, as told");
        assertThat(holdfast("again").out()).isEqualTo("one again\n");
        assertThat(builds(checkout)).isEqualTo(1);

        // As many bytes, and as old as before.
        Path main = checkout.resolve("app/src/main/java/dev/holdfast/app/Main.java");
        var modified = Files.getLastModifiedTime(main);
        says("two ");
        Files.setLastModifiedTime(main, modified);
        assertThat(holdfast("x").out()).isEqualTo("two x\n");

        // A file that came, and one that went.
        Path more = checkout.resolve("core/src/main/java/dev/holdfast/app/More.java");
        Files.writeString(more, "package dev.holdfast.app; class More {}");
        holdfast("x");
        assertThat(builds(checkout)).isEqualTo(3);
        Files.delete(more);
        holdfast("x");
        assertThat(builds(checkout)).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "env"})
    void twoAtOnceBuildOnceAlsoWithoutFlock(String lockedBy) throws Exception {
        usual("sh").with(List.of(lockedBy));
        var one = tools.started(base, variables(), command("1"));
        var two = tools.started(base, variables(), command("2"));

        assertThat(Tools.ended(one).out()).isEqualTo("one 1\n");
        assertThat(Tools.ended(two).out()).isEqualTo("one 2\n");
        assertThat(builds(checkout)).isEqualTo(1);
    }

    @Test
    void aLockWhoseOwnerDiedHoldsNobodyUp() throws Exception {
        usual("sh");
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createSymbolicLink(
                checkout.resolve(".build.lock.by"), Path.of("process-" + dead.pid()));

        assertThat(holdfast("x").out()).isEqualTo("one x\n");
        assertThat(checkout.resolve(".build.lock.by")).doesNotExist();
    }

    @Test
    void aFolderThatMayNotBeWrittenIsBuiltInTheUsersCache() throws Exception {
        usual("sh");
        readOnly();

        Said first = asAnother("x");
        assertThat(first.out()).as(first.err()).isEqualTo("one x\n");
        assertThat(asAnother("y").out()).isEqualTo("one y\n");
        assertThat(checkout.resolve("app/target")).doesNotExist();
        Path copy = copy();
        assertThat(builds(copy)).isEqualTo(1);

        // What its owner pulls is built there, too, and what went there is gone here.
        writable();
        says("two ");
        Files.delete(checkout.resolve("core/pom.xml"));
        Files.writeString(checkout.resolve("core/pom.xml"), "<project>2</project>");
        readOnly();
        assertThat(asAnother("z").out()).isEqualTo("two z\n");
        assertThat(copy().resolve("core/pom.xml")).hasContent("<project>2</project>");
    }

    @Test
    void whatItsOwnerBuiltIsRunByAnyUser() throws Exception {
        usual("sh");
        holdfast("x");
        readOnly();

        Said said = asAnother("y");
        assertThat(said.out()).as(said.err()).isEqualTo("one y\n");
        assertThat(base.resolve("cache/holdfast")).doesNotExist();
    }

    @Test
    void itStartsFromWhatItLearnedInATraining() throws Exception {
        usual("sh");
        jdk = JAVA;

        assertThat(holdfast("x").out()).isEqualTo("one x\n");
        assertThat(checkout.resolve("app/target/holdfast.aot")).isNotEmptyFile();
        assertThat(holdfast("y").out()).isEqualTo("one y\n");
    }

    @Test
    void aLinkInAnotherFolderStartsIt() throws Exception {
        usual("sh");
        Path bin = Files.createDirectories(base.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("deep"), Path.of("../check out/holdfast"));
        Files.createSymbolicLink(bin.resolve("holdfast"), bin.resolve("deep"));

        Said said =
                tools.run(
                        base,
                        variables(),
                        List.of(tools.shell(), bin.resolve("holdfast").toString(), "x"));
        assertThat(said.out()).as(said.err()).isEqualTo("one x\n");
    }

    @Test
    void aBuildThatFailsEndsWithOneAndItsLog() throws Exception {
        usual("sh");
        says("\n");
        Said said = holdfast("x");

        assertThat(said.status()).isEqualTo(1);
        assertThat(said.err()).contains("the build failed; the whole log is in");
    }

    private Tools usual(String shell) throws IOException {
        if (shell.equals("busybox")) {
            assumeTrue(Tools.has("busybox"), "busybox is not here");
            return tools.busybox(Tools.USUAL);
        }
        tools.with(Tools.USUAL).with(List.of(shell));
        Path find = Files.readSymbolicLink(tools.folder().resolve("find"));
        tools.script("find", FIND.replace("REAL", find.toString()));
        if (!shell.equals("sh")) {
            Files.delete(tools.folder().resolve("sh"));
            Files.createSymbolicLink(
                    tools.folder().resolve("sh"),
                    Files.readSymbolicLink(tools.folder().resolve(shell)));
        }
        return tools;
    }

    private void says(String text) throws IOException {
        Files.writeString(
                checkout.resolve("app/src/main/java/dev/holdfast/app/Main.java"),
                PROGRAM.replace("TEXT", text));
    }

    private Said holdfast(String... words) throws Exception {
        return tools.run(base, variables(), command(words));
    }

    private List<String> command(String... words) {
        var command =
                new ArrayList<>(List.of(tools.shell(), checkout.resolve("holdfast").toString()));
        command.addAll(List.of(words));
        return command;
    }

    /** As a user who may read alone: where root runs this, as nobody. */
    private Said asAnother(String... words) throws Exception {
        List<String> command = command(words);
        if (System.getProperty("user.name").equals("root")) {
            assumeTrue(Tools.has("setpriv"), "setpriv is not here");
            command.addAll(
                    0,
                    List.of(
                            "/usr/bin/setpriv",
                            "--reuid=65534",
                            "--regid=65534",
                            "--clear-groups"));
            Path cache = Files.createDirectories(base.resolve("cache"));
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        return tools.run(base, variables(), command);
    }

    private Map<String, String> variables() {
        var variables = new HashMap<String, String>();
        variables.put("JAVA_HOME", jdk.toString());
        variables.put("XDG_CACHE_HOME", base.resolve("cache").toString());
        return variables;
    }

    private void readOnly() throws Exception {
        new ProcessBuilder("chmod", "-R", "a-w", checkout.toString()).start().waitFor();
    }

    private void writable() throws Exception {
        new ProcessBuilder("chmod", "-R", "u+w", checkout.toString()).start().waitFor();
    }

    private Path copy() throws IOException {
        try (Stream<Path> copies = Files.list(base.resolve("cache/holdfast/built"))) {
            return copies.toList().getFirst();
        }
    }

    private static int builds(Path where) throws IOException {
        return Files.readAllLines(where.resolve("app/target/builds")).size();
    }
}
