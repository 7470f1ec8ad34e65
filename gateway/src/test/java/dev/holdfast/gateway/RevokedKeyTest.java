package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A revoked key ends whatever the load: clients are read beside the asks. */
@Timeout(60)
class RevokedKeyTest {
    private static final int CALLERS = 48;
    private static final int ASKS_BEFORE = 500;

    @TempDir Path folder;

    @Test
    void aRevokedKeyEndsUnderAFullLoadOfAsks() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        CountDownLatch asked = new CountDownLatch(ASKS_BEFORE);
        try (Rig rig =
                        new Rig(
                                folder,
                                Rig.Figures.FREE
                                        .quota(1)
                                        .maxPending(1_000_000)
                                        .maxQueue(1_000_000));
                ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> others = new ArrayList<>();
            List<Future<?>> revoked = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                String mine = "m" + i + "-";
                revoked.add(callers.submit(() -> untilRevoked(rig, "alice-" + mine, asked)));
                others.add(callers.submit(() -> ask(rig, "bob-" + mine, over)));
            }
            asked.await();
            rig.store.clients().revoke("alice");
            for (Future<?> one : revoked) {
                one.get();
            }
            over.set(true);
            for (Future<?> one : others) {
                one.get();
            }
        }
    }

    private static void untilRevoked(Rig rig, String message, CountDownLatch asked) {
        for (int n = 0; ; n++) {
            int status = status(rig, message + n, "alice");
            if (status == 401) {
                return;
            }
            assertThat(status).isIn(200, 202, 503);
            asked.countDown();
        }
    }

    private static void ask(Rig rig, String message, AtomicBoolean over) {
        for (int n = 0; !over.get(); n++) {
            assertThat(status(rig, message + n, "bob")).isIn(200, 202, 503);
        }
    }

    private static int status(Rig rig, String message, String client) {
        return rig.get("/crypto/sign?message=" + message, client, "Prefer", "respond-async")
                .statusCode();
    }
}
