package dev.holdfast.gateway.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GunzipTest {
    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    private static byte[] unpacked(byte[] packed, int piece) throws Gunzip.Broken {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[100];
        try (Gunzip gunzip = new Gunzip(true)) {
            for (int from = 0; from < packed.length; from += piece) {
                gunzip.give(
                        Arrays.copyOfRange(packed, from, Math.min(packed.length, from + piece)));
                for (int count = gunzip.take(buffer); count > 0; count = gunzip.take(buffer)) {
                    out.write(buffer, 0, count);
                }
            }
            gunzip.end();
        }
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1_000_000})
    void membersComeOutInWhateverPiecesTheyCome(int piece) throws Exception {
        byte[] noise = new byte[5_000];
        new Random(1).nextBytes(noise);
        byte[] even = new byte[20_000];
        byte[] packed = joined(gzip(noise), gzip(new byte[0]), gzip(even));
        assertThat(unpacked(packed, piece)).isEqualTo(joined(noise, even));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1_000})
    void aHeadMayHaveAllThatRfc1952Knows(int piece) throws Exception {
        byte[] plain = "text".getBytes(StandardCharsets.UTF_8);
        byte[] member = gzip(plain);
        byte[] head = Arrays.copyOf(member, 10);
        head[3] = 2 | 4 | 8 | 16;
        byte[] extra = {3, 0, 'a', 'b', 'c'};
        byte[] names = "name\0comment\0".getBytes(StandardCharsets.UTF_8);
        byte[] all =
                joined(
                        head,
                        extra,
                        names,
                        new byte[2],
                        Arrays.copyOfRange(member, 10, member.length));
        assertThat(unpacked(all, piece)).isEqualTo(plain);
    }

    @Test
    void whatIsBrokenIsTold() throws Exception {
        byte[] packed = gzip("something".getBytes(StandardCharsets.UTF_8));
        for (int length = 1; length < packed.length; length++) {
            byte[] half = Arrays.copyOf(packed, length);
            assertThatThrownBy(() -> unpacked(half, 100)).isInstanceOf(Gunzip.Broken.class);
        }
        byte[] other = packed.clone();
        other[other.length - 8] ^= 1;
        assertThatThrownBy(() -> unpacked(other, 100)).isInstanceOf(Gunzip.Broken.class);
        assertThatThrownBy(() -> unpacked(joined(packed, new byte[] {0}), 100))
                .isInstanceOf(Gunzip.Broken.class);
        assertThatThrownBy(() -> unpacked("{\"a\":1}\n{}".getBytes(StandardCharsets.UTF_8), 100))
                .isInstanceOf(Gunzip.Broken.class);
    }

    @Test
    void whatIsNotPackedComesAsItIs() throws Exception {
        Gunzip plain = new Gunzip(false);
        byte[] out = new byte[4];
        plain.give(new byte[] {1, 2, 3, 4, 5});
        assertThat(plain.take(out)).isEqualTo(4);
        assertThat(plain.take(out)).isEqualTo(1);
        assertThat(plain.take(out)).isZero();
        plain.end();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void nothingComesOutOfOneThatIsClosed(boolean packed) throws Exception {
        Gunzip gunzip = new Gunzip(packed);
        gunzip.give(packed ? gzip(new byte[1_000]) : new byte[1_000]);
        byte[] out = new byte[100];
        assertThat(gunzip.take(out)).isEqualTo(100);
        gunzip.close();
        assertThat(gunzip.take(out)).isZero();
    }
}
