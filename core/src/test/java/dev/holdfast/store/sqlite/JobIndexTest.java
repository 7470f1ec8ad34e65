package dev.holdfast.store.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class JobIndexTest {
    @Test
    void findsWhatWasAddedAndNotRemoved() throws SQLException {
        Random random = new Random(11);
        JobIndex index = new JobIndex();
        Map<Long, Long> expected = new HashMap<>();
        for (long job = 1; job <= 50_000; job++) {
            long key = random.nextInt(4_000) * 1_024L;
            Long before = expected.put(key, job);
            if (before != null) {
                assertThat(index.remove(key, before)).isTrue();
            }
            index.add(key, job);
            if (random.nextInt(3) == 0) {
                assertThat(index.remove(key, job)).isTrue();
                expected.remove(key);
            }
        }
        assertThat(index.size()).isEqualTo(expected.size());
        for (long key = 0; key < 4_000; key++) {
            long found = index.find(key * 1_024L, job -> true);
            assertThat(found).isEqualTo(expected.getOrDefault(key * 1_024L, 0L));
        }
    }

    @Test
    void twoJobsMayShareAKey() throws SQLException {
        JobIndex index = new JobIndex();
        index.add(5, 1);
        index.add(5, 2);
        assertThat(index.find(5, job -> job == 2)).isEqualTo(2);
        assertThat(index.remove(5, 1)).isTrue();
        assertThat(index.find(5, job -> true)).isEqualTo(2);
        assertThat(index.remove(5, 1)).isFalse();
    }
}
