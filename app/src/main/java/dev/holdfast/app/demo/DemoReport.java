package dev.holdfast.app.demo;

import dev.holdfast.app.sign.Signing;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** What happened in the demo, as a table. */
record DemoReport(
        DemoWorld world,
        List<Burst.Story> stories,
        Duration took,
        double speed,
        List<String> conversions) {
    /** What was not signed, in a line that says what to do; null if all was. */
    @Nullable String left() {
        return left(stories, world::verifies);
    }

    static @Nullable String left(List<Burst.Story> stories, BiPredicate<String, String> verifies) {
        List<Burst.Story> unsigned =
                stories.stream().filter(story -> !isSigned(story, verifies)).toList();
        if (unsigned.isEmpty()) {
            return null;
        }
        Burst.Story first = unsigned.getFirst();
        return "holdfast: %d of %d messages were not signed; the first, \"%s\": %s. /console tells each one's story while the demo serves (without --exit)"
                .formatted(
                        unsigned.size(),
                        stories.size(),
                        first.message(),
                        first.ended() instanceof Signing.Ended.Refused(String why)
                                ? why
                                : "its signature is wrong");
    }

    private static boolean isSigned(Burst.Story story, BiPredicate<String, String> verifies) {
        return story.ended() instanceof Signing.Ended.Signed signed
                && verifies.test(story.message(), signed.result().asText());
    }

    void print(PrintWriter out) {
        long verified = stories.stream().filter(story -> isSigned(story, world::verifies)).count();
        long atOnce = stories.stream().filter(story -> story.firstStatus() == 200).count();
        long receipts = stories.stream().filter(story -> story.firstStatus() == 202).count();
        long slowest =
                stories.stream().mapToLong(story -> story.firstAnswer().toMillis()).max().orElse(0);
        long windowSeconds = Math.round(60 / speed);
        out.println();
        row(out, "signatures", verified + " of " + stories.size() + ", each verified by its key");
        row(out, "answered at once", Long.toString(atOnce));
        row(out, "receipts", Long.toString(receipts));
        row(out, "slowest answer", slowest + " ms (promised: 2000)");
        row(out, "all done after", String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1e3));
        row(out, "calls to the upstream", Long.toString(world.upstreamFigure("calls")));
        row(
                out,
                "worst " + windowSeconds + " s at the upstream",
                world.upstreamFigure("worst_window") + " calls (allowed: 10)");
        row(out, "failed on the way (502)", Long.toString(world.upstreamFigure("degraded")));
        row(out, "over quota (429)", Long.toString(world.upstreamFigure("refused")));
        row(
                out,
                "webhooks",
                world.receiverFigure("accepted_webhooks")
                        + " received and verified, "
                        + world.receiverFigure("not_genuine")
                        + " not genuine");
        row(
                out,
                "trade feed",
                world.feedFigure("converted")
                        + " stakes converted, "
                        + world.feedFigure("wrong")
                        + " wrong, "
                        + world.feedFigure("rightly_refused")
                        + " of currencies without a rate");
        conversions.forEach(line -> row(out, "conversion", line));
        out.println();
        out.flush();
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("  %-26s %s%n", name, value);
    }
}
