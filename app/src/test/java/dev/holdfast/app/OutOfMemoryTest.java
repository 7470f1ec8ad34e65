package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gateway without memory is replaced: it ends, and its service manager starts it again. */
class OutOfMemoryTest {
    private static final Path ROOT = Path.of("..");

    /** The JVM's own, with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    /** A thread that outlives its errors, as event loops do, while the main thread waits for it. */
    static final class Hungry {
        private Hungry() {}

        public static void main(String[] args) throws InterruptedException {
            Thread loop =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        Object[] all = {};
                                        while (true) {
                                            try {
                                                all = new Object[] {all, new byte[1 << 20]};
                                            } catch (OutOfMemoryError _) {
                                                // Stays, and tries again.
                                            }
                                        }
                                    });
            loop.join();
        }
    }

    @Test
    @Timeout(120)
    void theFlagsThatServeIsStartedWithEndAProcessThatHasNoMemory()
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "@" + ROOT.resolve("packaging/jvm.options"),
                                "-Xmx32m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Hungry.class.getName())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(OUT_OF_MEMORY);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whateverEndsTheContainersAreStartedAgain() throws IOException {
        for (String file : List.of("compose.yaml", "compose.replicas.yaml")) {
            try (Stream<String> lines = Files.lines(ROOT.resolve(file))) {
                assertThat(lines.map(String::strip).filter(line -> line.startsWith("restart:")))
                        .as(file)
                        .isNotEmpty()
                        .allMatch("restart: always"::equals);
            }
        }
    }

    @Test
    void theScriptsThatStartServeUseTheFlags() throws IOException {
        for (String script : List.of("holdfast", "packaging/image/holdfast")) {
            assertThat(Files.readString(ROOT.resolve(script))).contains("jvm.options");
        }
    }
}
