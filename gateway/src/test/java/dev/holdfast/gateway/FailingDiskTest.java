package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.store.WriteProbe;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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

    private static String promise(Rig rig, String message) {
        HttpResponse<String> receipt = rig.get("/crypto/sign?message=" + message, "alice");
        assertThat(receipt.statusCode()).isEqualTo(202);
        return Rig.json(receipt).get("id").asText();
    }
}
