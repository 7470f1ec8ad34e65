package dev.holdfast.bench.store;

import java.util.List;
import java.util.Locale;

/** Draws costs by what is stored, both in powers, each beside what would be flat. */
final class GrowthChart {
    private static final int WIDTH = 640;
    private static final int ROW = 64;
    private static final int LEFT = 330;
    private static final int RIGHT = 20;

    private GrowthChart() {}

    /**
     * A line.
     *
     * @param from what is stored at the first point; each further has as many times as much
     * @param last what is stored at the last point
     * @param micros what an operation took
     */
    record Line(String what, long from, long last, List<Double> micros) {}

    static String svg(List<Line> lines) {
        StringBuilder out = new StringBuilder();
        int height = lines.size() * ROW + 30;
        say(
                out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"11\">",
                WIDTH,
                height);
        say(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", WIDTH, height);
        for (int i = 0; i < lines.size(); i++) {
            line(out, lines.get(i), i * ROW);
        }
        say(
                out,
                "<text x=\"%d\" y=\"%d\" fill=\"#666\">ever more stored rows from left to right;"
                        + " dashed: flat; full height: ten times as much</text>",
                10,
                height - 10);
        out.append("</svg>\n");
        return out.toString();
    }

    private static void line(StringBuilder out, Line line, int top) {
        List<Double> micros = line.micros();
        double first = micros.getFirst();
        int middle = top + ROW / 2;
        say(out, "<text x=\"10\" y=\"%d\">%s</text>", middle - 2, escaped(line.what()));
        say(
                out,
                "<text x=\"10\" y=\"%d\" fill=\"#666\">%,.0f us with %,d, %,.0f us with %,d</text>",
                middle + 12,
                first,
                line.from(),
                micros.getLast(),
                line.last());
        say(
                out,
                "<path d=\"M%d %d H%d\" stroke=\"#999\" stroke-dasharray=\"3 3\" fill=\"none\"/>",
                LEFT,
                middle,
                WIDTH - RIGHT);
        StringBuilder path = new StringBuilder();
        for (int i = 0; i < micros.size(); i++) {
            double x = LEFT + (double) i * (WIDTH - RIGHT - LEFT) / Math.max(1, micros.size() - 1);
            double y = middle - Math.log10(micros.get(i) / first) * (ROW / 2.0 - 2);
            path.append(path.isEmpty() ? "M" : " L")
                    .append(Math.round(x))
                    .append(' ')
                    .append(Math.round(y));
        }
        say(out, "<path d=\"%s\" stroke=\"#0a6\" stroke-width=\"2\" fill=\"none\"/>", path);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;");
    }

    private static void say(StringBuilder out, String format, Object... values) {
        out.append(String.format(Locale.ROOT, format + "%n", values));
    }
}
