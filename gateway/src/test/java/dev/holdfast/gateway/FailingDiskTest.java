package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.store.sql.WriteProbe;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** A disk whose fsync fails under the gateway, and works again. */
@Timeout(60)
class FailingDiskTest {
    @TempDir Path folder;

    /** Fails each commit while it is broken, as a failing fsync does. */
    private static final class Disk implements WriteProbe {
        private final AtomicBoolean broken = new AtomicBoolean();
        private final AtomicInteger failed = new AtomicInteger();

        @Override
        public void before(Step step) throws SQLException {
            if (step == Step.COMMIT && broken.get()) {
                failed.incrementAndGet();
                throw new SQLiteException("disk I/O error", SQLiteErrorCode.SQLITE_IOERR_FSYNC);
            }
        }
    }

    @Test
    void aFailingFsyncIsRefusedAndNeverPromisedAndThenAllIsWell() {
        Disk disk = new Disk();
        List<String> promised = new ArrayList<>();
        try (Rig rig = new Rig(folder, Rig.Figures.FREE.quota(1), disk)) {
            assertThat(rig.get("/crypto/sign?message=first", "alice").statusCode()).isEqualTo(200);
            promised.add(promise(rig, "before"));

            disk.broken.set(true);
            for (int i = 0; i < 10; i++) {
                HttpResponse<String> refused = rig.get("/crypto/sign?message=lost" + i, "alice");
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(Rig.json(refused).get("type").asText()).endsWith("store-unavailable");
                assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            }
            assertThat(disk.failed.get()).as("the fault fired").isPositive();
            assertThat(rig.get("/crypto/sign?message=first", "alice").statusCode())
                    .as("what is known needs no disk")
                    .isEqualTo(200);

            disk.broken.set(false);
            promised.add(promise(rig, "after"));

            JsonNode all = Rig.json(rig.get("/v1/requests?status=queued", "alice"));
            assertThat(all.findValuesAsText("id")).containsExactlyInAnyOrderElementsOf(promised);
        }
    }

    /** Hangs in a commit until it is let go. */
    private static final class SlowDisk implements WriteProbe {
        private final AtomicBoolean slow = new AtomicBoolean();
        private final CountDownLatch hung = new CountDownLatch(1);
        private final CountDownLatch go = new CountDownLatch(1);

        @Override
        public void before(Step step) {
            if (step == Step.COMMIT && slow.compareAndSet(true, false)) {
                hung.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    @Test
    void whatMayHaveBeenKeptIsNeverToldAsLost() throws Exception {
        SlowDisk disk = new SlowDisk();
        try (Rig rig = new Rig(folder, Rig.Figures.FREE, disk)) {
            disk.slow.set(true);
            HttpRequest.Builder ask =
                    rig.to("/crypto/sign?message=slow", "alice").header("Idempotency-Key", "k1");
            HttpResponse<String> told = rig.send(ask);
            assertThat(disk.hung.await(30, TimeUnit.SECONDS)).as("the fault fired").isTrue();
            assertThat(told.statusCode()).isEqualTo(503);
            JsonNode problem = Rig.json(told);
            assertThat(problem.get("type").asText()).endsWith("store-unavailable");
            assertThat(problem.get("detail").asText())
                    .contains("not known", "Idempotency-Key")
                    .doesNotContain("Nothing was kept");
            String id = problem.get("id").asText();
            assertThat(told.headers().firstValue("Location")).contains("/v1/requests/" + id);

            disk.go.countDown();
            HttpResponse<String> again = rig.send(ask);
            while (again.body().contains("/problems/overloaded")) { // by a machine that is busy
                again = rig.send(ask);
            }
            assertThat(again.statusCode()).as(again.body()).isIn(200, 202);
            assertThat(Rig.json(again).get("id").asText()).isEqualTo(id);
            assertThat(rig.get("/v1/requests/" + id, "alice").statusCode()).isEqualTo(200);
        }
    }

    private static String promise(Rig rig, String message) {
        HttpResponse<String> receipt = rig.get("/crypto/sign?message=" + message, "alice");
        assertThat(receipt.statusCode()).isEqualTo(202);
        return Rig.json(receipt).get("id").asText();
    }
}
