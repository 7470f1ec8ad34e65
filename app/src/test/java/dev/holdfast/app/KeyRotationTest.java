package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A client's key is replaced by another while the client asks all the time. */
@Timeout(120)
class KeyRotationTest {
    private static final int ASKS = 20;

    @TempDir private Path folder;
    private int status;

    private String holdfast(String... args) {
        var out = new StringWriter();
        CommandLine line = CommandLines.root();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(new StringWriter(), true));
        status = line.execute(args);
        return out.toString();
    }

    @Test
    void notOneCallIsRefused() throws Exception {
        try (Running running = new Running(folder, "")) {
            String file =
                    Files.writeString(
                                    folder.resolve("holdfast.yaml"),
                                    "store: { url: \"sqlite:%s\" }"
                                            .formatted(folder.resolve("holdfast.db")))
                            .toString();
            String url = running.serve.uri().toString();
            String first = holdfast("keys", "create", "worker", "--config", file).strip();
            awaitStatus(0, "requests", "--url", url, "--key", first);
            AtomicReference<String> key = new AtomicReference<>(first);
            AtomicInteger asked = new AtomicInteger();
            CompletableFuture<List<Integer>> asking =
                    CompletableFuture.supplyAsync(() -> ask(running, key, asked));

            awaitMore(asked, asking);
            String second =
                    holdfast("keys", "create", "worker", "--expires", "90d", "--config", file)
                            .strip();
            awaitStatus(0, "requests", "--url", url, "--key", second);
            key.set(second);
            awaitMore(asked, asking);
            String id =
                    holdfast("keys", "list", "--config", file)
                            .lines()
                            .filter(line -> line.startsWith("worker") && line.endsWith("never"))
                            .map(line -> line.split(" +", -1)[3])
                            .findFirst()
                            .orElseThrow();
            holdfast("keys", "revoke", "worker", "--key", id, "--config", file);
            assertThat(status).isZero();
            awaitStatus(2, "requests", "--url", url, "--key", first);
            awaitMore(asked, asking);
            key.set("");

            assertThat(asking.join()).hasSizeGreaterThan(3 * ASKS).isSubsetOf(200, 202, 503);
        }
    }

    /** Asks on and on with the key that is meant, until there is none; what it was told. */
    private static List<Integer> ask(
            Running running, AtomicReference<String> key, AtomicInteger asked) {
        List<Integer> told = new ArrayList<>();
        for (String with = key.get(); !with.isEmpty(); with = key.get()) {
            String path = "/crypto/sign?message=m" + asked.get();
            try {
                told.add(running.getAs(with, path).statusCode());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            asked.incrementAndGet();
        }
        return told;
    }

    private static void awaitMore(AtomicInteger asked, CompletableFuture<?> asking) {
        int from = asked.get();
        while (asked.get() <= from + ASKS) {
            assertThat(asking).isNotDone();
            LockSupport.parkNanos(1_000_000);
        }
    }

    /** Keys are known within a second. */
    private void awaitStatus(int wanted, String... args) {
        do {
            holdfast(args);
        } while (status != wanted);
    }
}
