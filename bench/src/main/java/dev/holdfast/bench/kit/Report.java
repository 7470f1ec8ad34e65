package dev.holdfast.bench.kit;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a benchmark found: lines for people as they come, a line of JSON and a status at the end.
 */
public final class Report {
    private final String name;
    private final PrintStream out;
    private final JsonObject figures = new JsonObject();
    private final JsonArray checks = new JsonArray();
    private boolean missed;

    Report(String name, PrintStream out) {
        this.name = name;
        this.out = out;
        out.printf("== %s ==%n", name);
    }

    /** A line for people. */
    public void say(String format, Object... values) {
        out.printf(Locale.ROOT, format + "%n", values);
        out.flush();
    }

    /** A figure without a target. */
    public void figure(String what, double value, String unit) {
        figures.put(what, new JsonObject().put("value", value).put("unit", unit));
        say("  %-58s %s", what, shown(value, unit));
    }

    /** A count without a target. */
    public void count(String what, long value) {
        figure(what, (double) value, "");
    }

    /** A figure that is to be as large as that. */
    public void atLeast(String what, double value, double target, String unit) {
        check(what, value, unit, "at least " + shown(target, unit), value >= target);
    }

    /** A figure that is to be below that. */
    public void below(String what, double value, double target, String unit) {
        check(what, value, unit, "below " + shown(target, unit), value < target);
    }

    /** A figure that is to be as small as that. */
    public void atMost(String what, double value, double target, String unit) {
        check(what, value, unit, "at most " + shown(target, unit), value <= target);
    }

    /** A count that is to be exactly that. */
    public void exactly(String what, long value, long target) {
        check(what, (double) value, "", "exactly " + target, value == target);
    }

    /** A figure beside one that another machine reached; it does not decide. */
    public void beside(String what, double value, double reference, String unit) {
        figures.put(
                what,
                new JsonObject().put("value", value).put("unit", unit).put("prototype", reference));
        say("  %-58s %s (prototype: %s)", what, shown(value, unit), shown(reference, unit));
    }

    /** It could not be measured. */
    void failed(Exception why) {
        missed = true;
        checks.add(new JsonObject().put("what", "failed: " + why).put("holds", false));
        say("MISS not measured: %s", why);
        why.printStackTrace(System.err);
    }

    private void check(String what, double value, String unit, String wanted, boolean holds) {
        missed |= !holds;
        checks.add(
                new JsonObject()
                        .put("what", what)
                        .put("value", value)
                        .put("unit", unit)
                        .put("wanted", wanted)
                        .put("holds", holds));
        say("%s %-58s %s, wanted %s", holds ? "ok  " : "MISS", what, shown(value, unit), wanted);
    }

    private static String shown(double value, String unit) {
        boolean whole = value == Math.rint(value) || Math.abs(value) >= 1000;
        String number = String.format(Locale.ROOT, whole ? "%,.0f" : "%,.2f", value);
        return unit.isEmpty() ? number : number + " " + unit;
    }

    /** The exit status, after the line of JSON is written. */
    int end(@Nullable Path json) throws IOException {
        if (json != null) {
            JsonObject line =
                    new JsonObject()
                            .put("benchmark", name)
                            .put("holds", !missed)
                            .put("checks", checks)
                            .put("figures", figures);
            Files.writeString(
                    json,
                    line.encode() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
        out.printf("== %s: %s ==%n", name, missed ? "MISSED a target" : "all targets met");
        return missed ? 1 : 0;
    }
}
