package dev.holdfast.app.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {
    private final AtomicLong nanos = new AtomicLong();
    private final StringWriter said = new StringWriter();

    private Progress of(int total) {
        return new Progress(new PrintWriter(said), true, total, 0, nanos::get);
    }

    private void pass(double seconds) {
        nanos.addAndGet((long) (seconds * 1e9));
    }

    /** What is drawn last. */
    private String shown(Progress progress) {
        pass(1);
        progress.tickNow();
        return said.toString()
                .substring(said.toString().lastIndexOf('[', said.getBuffer().length() - 8));
    }

    @Test
    void anEvenPaceHasOneEta() {
        Progress progress = of(100);
        for (int i = 0; i < 50; i++) {
            pass(0.5);
            progress.step(true);
        }
        assertThat(shown(progress)).contains("50/100", "ETA 26s").doesNotContain(" to ");
    }

    @Test
    void whoKnowsMoreIsBelievedUntilItKnowsNothing() {
        Progress progress = of(20);
        progress.told(Duration.ofSeconds(30));
        assertThat(shown(progress)).contains("0/20", "ETA 29s");
        progress.step(true);
        pass(8);
        assertThat(shown(progress)).contains("1/20", "ETA 20s");
        progress.told(null);
        assertThat(shown(progress)).doesNotContain("ETA 19s");
    }

    /** As in the demo: the first half at once, the others one by one. */
    @Test
    void whatWasEasyMakesNoPromiseForTheRest() {
        Progress progress = of(20);
        for (int i = 0; i < 8; i++) {
            progress.step(true);
        }
        assertThat(shown(progress)).contains("8/20", "no ETA yet");
        for (int i = 0; i < 8; i++) {
            shown(progress);
        }
        assertThat(shown(progress)).contains("ETA 15s or more");
        progress.step(true);
        assertThat(shown(progress)).contains("9/20", "ETA 13s to 4");
        for (int i = 0; i < 8; i++) {
            pass(2);
            progress.step(true);
        }
        assertThat(shown(progress)).contains("17/20", "ETA 6s");
    }

    @Test
    void itsNotesAreFewHoweverLongItTakes() {
        Progress progress = of(1_000_000);
        for (int i = 0; i < 100_000; i++) {
            pass(0.01);
            progress.step(true);
        }
        assertThat(progress.notes()).isLessThan(100);
    }
}
