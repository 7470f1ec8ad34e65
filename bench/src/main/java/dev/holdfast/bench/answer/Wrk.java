package dev.holdfast.bench.answer;

import dev.holdfast.bench.kit.Upstreams;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code wrk}, where it is installed: a load program in C that needs next to nothing itself. */
final class Wrk {
    /** Each ask is another one; what came is told in one line at the end. */
    private static final String SCRIPT =
            """
            wrk.headers["Authorization"] = "%s"
            local asked = 0
            local main
            refused = 0
            others = 0
            function setup(thread) main = thread end
            function request()
              asked = asked + 1
              return wrk.format("GET", "/crypto/sign?message=cold+" .. asked)
            end
            function response(status)
              if status == 503 then refused = refused + 1
              elseif status ~= 202 then others = others + 1 end
            end
            function done(summary, latency)
              local lost = summary.errors
              local broken = lost.connect + lost.read + lost.write + lost.timeout
              io.write(string.format("came %%d %%d %%d %%d\\n", latency.max, summary.requests,
                main:get("refused"), main:get("others") + broken))
            end
            """
                    .formatted(Upstreams.KEY);

    private static final Pattern CAME = Pattern.compile("came (\\d+) (\\d+) (\\d+) (\\d+)");

    /** It waits so long for an answer, and as long again until it is given up. */
    private static final int PATIENCE_SECONDS = 20;

    private Wrk() {}

    /**
     * What came.
     *
     * @param slowestSeconds from the last byte sent to the whole answer
     * @param refused 503s
     * @param others neither receipts nor 503s, and connections that broke
     */
    record Result(double slowestSeconds, long answers, long refused, long others) {}

    /** Whether it is on the {@code PATH}. */
    static boolean isThere() {
        String path = System.getenv().getOrDefault("PATH", "");
        for (String folder : path.split(File.pathSeparator, -1)) {
            if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, "wrk"))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Asks for so long.
     *
     * @throws IOException if it says nothing of what came
     */
    static Result run(Path folder, int port, int connections, Duration time)
            throws IOException, InterruptedException {
        Path script = Files.writeString(folder.resolve("cold.lua"), SCRIPT);
        Path told = folder.resolve("wrk");
        Process wrk =
                new ProcessBuilder(
                                List.of(
                                        "wrk",
                                        "-t1",
                                        "-c" + connections,
                                        "-d" + time.toSeconds() + "s",
                                        "--timeout",
                                        PATIENCE_SECONDS + "s",
                                        "-s",
                                        script.toString(),
                                        "http://127.0.0.1:" + port + "/"))
                        .redirectErrorStream(true)
                        .redirectOutput(Redirect.to(told.toFile()))
                        .start();
        if (!wrk.waitFor(time.toSeconds() + 2 * PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            wrk.destroyForcibly();
        }
        String all = Files.readString(told, StandardCharsets.UTF_8);
        Matcher came = CAME.matcher(all);
        if (!came.find()) {
            throw new IOException("wrk did not tell what came: " + all);
        }
        return new Result(
                Long.parseLong(came.group(1)) / 1e6,
                Long.parseLong(came.group(2)),
                Long.parseLong(came.group(3)),
                Long.parseLong(came.group(4)));
    }
}
