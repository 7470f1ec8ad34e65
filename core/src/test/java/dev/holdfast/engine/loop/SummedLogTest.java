package dev.holdfast.engine.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummedLogTest {
    private final Deque<Runnable> later = new ArrayDeque<>();
    private final List<String> lines = new ArrayList<>();
    private final SummedLog log =
            new SummedLog(
                    (wait, task) -> {
                        assertThat(wait).isEqualTo(SummedLog.WHILE);
                        later.add(task);
                        return () -> {};
                    },
                    more -> lines.add("and " + more + " more"));

    @Test
    void theFirstLinesAreToldAndTheRestIsSummedUp() {
        for (int i = 0; i < SummedLog.MOST + 3; i++) {
            tell("line");
        }
        assertThat(lines).hasSize(SummedLog.MOST).containsOnly("line");
        later.remove().run();

        assertThat(lines).last().isEqualTo("and 3 more");
        assertThat(later).isEmpty();
    }

    @Test
    void whatComesLaterBeginsAnewAndFewAreNotSummedUp() {
        tell("a");
        later.remove().run();
        tell("b");
        later.remove().run();

        assertThat(lines).containsExactly("a", "b");
    }

    private void tell(String line) {
        log.tell(() -> lines.add(line));
    }
}
