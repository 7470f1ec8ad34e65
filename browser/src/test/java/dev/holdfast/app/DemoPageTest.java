package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import picocli.CommandLine;

/** The demo as a newcomer sees it. */
@ExtendWith(Chromium.class)
@Timeout(60)
class DemoPageTest {
    private static final String CONSOLE = "Console: ";
    private static final int OUTPUT_CHARS = 1 << 16;

    @Test
    void theDemoNamesTheConsoleWhichShowsItsBurst(Browser browser) throws Exception {
        PipedReader output = new PipedReader(OUTPUT_CHARS);
        PrintWriter out = new PrintWriter(new PipedWriter(output), true);
        var status = new AtomicInteger();
        Thread demo = Thread.ofPlatform().name("demo").start(() -> status.set(demo(out)));
        try (BufferedReader lines = new BufferedReader(output);
                ConsolePage console = ConsolePage.at(browser, gateway(lines))) {
            console.expectText(".upstream h2", "synthesia");
            console.expect(".upstream[data-name=synthesia] a.call");
            console.until(
                    "Number(document.querySelector('.figure:nth-child(1) dd').textContent) > 0");
        } finally {
            end(demo);
        }
        assertThat(status).as("it was ended before all was signed").hasValue(1);
    }

    private static int demo(PrintWriter out) {
        CommandLine line = CommandLines.root();
        line.setOut(out);
        line.setErr(new PrintWriter(Writer.nullWriter()));
        return line.execute("demo", "--port", "0", "--messages", "40");
    }

    private static URI gateway(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line != null && !line.startsWith(CONSOLE)) {
            line = lines.readLine();
        }
        assertThat(line).isNotNull().endsWith("/console");
        return URI.create(line.substring(CONSOLE.length(), line.length() - "/console".length()));
    }

    /** It waits for its burst in several places, and each wants to be told. */
    private static void end(Thread demo) throws InterruptedException {
        while (demo.isAlive()) {
            demo.interrupt();
            demo.join(100);
        }
    }
}
