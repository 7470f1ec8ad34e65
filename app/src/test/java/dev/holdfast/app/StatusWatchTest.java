package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class StatusWatchTest {
    @TempDir private Path folder;

    @Test
    void aGatewayThatIsGoneIsWaitedFor() throws IOException, InterruptedException {
        var screen = new PipedWriter();
        try (var seen = new BufferedReader(new PipedReader(screen));
                Running running = new Running(folder, "")) {
            Thread watching = watch(running.serve.uri().toString(), screen);
            try {
                until(seen, "synthesia");
                running.serve.close();
                until(seen, "no gateway answers");
                until(seen, "synthesia");
                until(seen, "no gateway answers");
            } finally {
                watching.interrupt();
                watching.join();
            }
        }
    }

    private static Thread watch(String url, PipedWriter screen) {
        return Thread.ofPlatform()
                .start(
                        () -> {
                            CommandLine line = CommandLines.root();
                            try (PrintWriter out = new PrintWriter(screen)) {
                                line.setOut(out);
                                line.execute(
                                        "status", "--watch", "--url", url, "--key", Running.KEY);
                            }
                        });
    }

    private static void until(BufferedReader seen, String words) throws IOException {
        String line;
        do {
            line = seen.readLine();
            assertThat(line).as("the watch ended before it said: " + words).isNotNull();
        } while (!line.contains(words));
    }
}
