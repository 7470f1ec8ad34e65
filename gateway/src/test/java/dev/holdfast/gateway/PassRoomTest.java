package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.sql.WriteProbe;
import dev.holdfast.store.transition.StoredContents;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What one client, and all together, may keep of large bodies and answers. */
@Timeout(60)
class PassRoomTest {
    private static final int MANY = 100_000;
    private static final long LOOK_NANOS = 50_000_000;

    @TempDir Path folder;

    private PassWorld keeping(long all, long client) {
        StoreOptions options = StoreOptions.DEFAULT.keeping(all, client);
        PassWorld world = new PassWorld(folder, WriteProbe.NONE, options, MANY);
        // What is written while somebody counts may be counted twice, until the next count.
        ((StoredContents) world.store.contents()).count();
        return world;
    }

    /** An answer is its client's with the next count. */
    private static void counted(PassWorld world) {
        int alice = world.store.clients().list().getFirst().id();
        while (world.store.contents().room(alice) == Contents.Room.ENOUGH) {
            ((StoredContents) world.store.contents()).count();
        }
    }

    private static void refused(HttpResponse<byte[]> answer, int status, String kind) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(PassWorld.text(answer)).contains("/problems/" + kind);
        assertThat(answer.headers().firstValue("retry-after")).contains("60");
    }

    @Test
    void whoKeepsAsMuchAsHeMayGetsWhatIsKnownAndNothingNew() {
        byte[] known = PassDoorTest.bytes(70_000, 1);
        try (PassWorld world = keeping(1L << 40, 400_000)) {
            world.peer.answers((_, out) -> PassPeer.bytes(out, "200 OK", "", new byte[200_000]));
            world.post("/held/known", known, "Idempotency-Key", "k");
            world.peer.answers((_, out) -> PassPeer.bytes(out, "200 OK", "", new byte[300_000]));
            assertThat(world.get("/held/second").body()).hasSize(300_000);
            int calls = world.peer.came.size();
            counted(world);
            refused(world.post("/held/x", new byte[100_000]), 429, "too-much-kept");
            refused(world.get("/held/x"), 429, "too-much-kept");
            refused(
                    world.post("/held/x", new byte[100_000], "Idempotency-Key", "new"),
                    429,
                    "too-much-kept");
            HttpResponse<byte[]> again = world.post("/held/known", known, "Idempotency-Key", "k");
            assertThat(again.statusCode()).isEqualTo(200);
            assertThat(again.body()).hasSize(200_000);
            assertThat(
                            world.post("/held/known", new byte[70_000], "Idempotency-Key", "k")
                                    .statusCode())
                    .isEqualTo(422);
            assertThat(world.peer.came).hasSize(calls);
        }
    }

    @Test
    void thereIsABoundOnAllTogether() {
        try (PassWorld world = keeping(150_000, 1L << 40)) {
            assertThat(world.post("/held/a", new byte[160_000]).statusCode()).isEqualTo(200);
            refused(world.post("/held/b", new byte[100_000]), 503, "store-full");
            assertThat(world.peer.came).hasSize(1);
        }
    }

    @Test
    void anUploadEndsWhereItPassesTheBound() {
        try (PassWorld world = keeping(1L << 40, 1 << 20)) {
            refused(world.post("/held/a", new byte[4 << 20]), 429, "too-much-kept");
            assertThat(world.peer.came).isEmpty();
        }
    }

    @Test
    void whatWasForgottenMakesRoom() throws Exception {
        try (PassWorld world = keeping(1L << 40, 150_000)) {
            world.post("/held/a", new byte[160_000]);
            refused(world.post("/held/b", new byte[100_000]), 429, "too-much-kept");
            while (world.store.prune().toCompletableFuture().get()) {
                // there is more
            }
            // It is counted anew, though all who ask are refused before their bodies are read.
            while (world.post("/held/b", new byte[100_000]).statusCode() != 200) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    @Test
    void aLargeBodyOfOneWhoMayAskForNoMoreIsNotTakenIn() {
        CountDownLatch go = new CountDownLatch(1);
        try (PassWorld world = new PassWorld(folder, WriteProbe.NONE, StoreOptions.DEFAULT, 1)) {
            world.peer.answers(
                    (_, out) -> {
                        go.await();
                        PassPeer.text(out, "200 OK", "", "ok");
                    });
            byte[] first = PassDoorTest.bytes(100_000, 3);
            HttpResponse<byte[]> receipt =
                    world.post("/held/a", first, "Prefer", "respond-async", "Idempotency-Key", "k");
            assertThat(receipt.statusCode()).isEqualTo(202);
            HttpResponse<byte[]> second = world.post("/held/b", new byte[1 << 20]);
            assertThat(second.statusCode()).isEqualTo(429);
            assertThat(PassWorld.text(second)).contains("too-many-pending");
            HttpResponse<byte[]> again =
                    world.post("/held/a", first, "Prefer", "respond-async", "Idempotency-Key", "k");
            assertThat(again.statusCode()).isEqualTo(202);
            assertThat(again.headers().firstValue("location"))
                    .isEqualTo(receipt.headers().firstValue("location"));
            go.countDown();
        }
    }
}
