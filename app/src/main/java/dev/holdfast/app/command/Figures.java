package dev.holdfast.app.command;

import java.util.LinkedHashMap;
import java.util.Map;

/** Figures of a page in Prometheus's text format, summed over their labels. */
public record Figures(Map<String, Double> byName) {
    public static Figures parse(String page) {
        Map<String, Double> sums = new LinkedHashMap<>();
        page.lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(
                        line -> {
                            int space = line.lastIndexOf(' ');
                            int brace = line.indexOf('{');
                            if (space > 0) {
                                String name =
                                        line.substring(0, brace < 0 ? line.indexOf(' ') : brace);
                                sums.merge(name, number(line.substring(space + 1)), Double::sum);
                            }
                        });
        return new Figures(sums);
    }

    private static double number(String text) {
        try {
            double value = Double.parseDouble(text);
            return Double.isFinite(value) ? value : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    public boolean has(String name) {
        return byName.containsKey(name);
    }

    public long whole(String name) {
        return Math.round(byName.getOrDefault(name, 0.0));
    }
}
