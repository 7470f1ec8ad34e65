package dev.holdfast.app.config;

import dev.holdfast.app.yaml.KeyPath;
import dev.holdfast.app.yaml.Node;
import dev.holdfast.app.yaml.Origin;
import dev.holdfast.app.yaml.Reading;
import dev.holdfast.app.yaml.Section;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.app.yaml.YamlWriter;
import java.util.List;
import java.util.Map;

/** Writes docs/configuration.md from the keys as the code reads them. */
public final class Reference {
    private Reference() {}

    /** The whole document, Markdown. */
    public static String markdown() {
        var reading = new Reading(Variables.of(Map.of()), true, path -> false);
        var root =
                new Section(reading, KeyPath.ROOT, Node.Mapping.empty(new Origin("reference", 0)));
        Settings.read(root);
        List<Reading.Value> values = YamlWriter.onePerPattern(reading.values());
        var out = new StringBuilder(PREFACE);
        String section = "";
        for (Reading.Value value : values) {
            if (!value.path().top().equals(section)) {
                section = value.path().top();
                out.append("\n## ").append(section).append("\n\n");
                out.append(
                        "| key, and its variable | type | default | meaning |\n|---|---|---|---|\n");
            }
            out.append("| `")
                    .append(value.path().pattern())
                    .append(variable(value))
                    .append("` | ")
                    .append(value.type())
                    .append(" | ")
                    .append(otherwise(value.otherwise()))
                    .append(" | ")
                    .append(value.meaning())
                    .append(" |\n");
        }
        return out.toString();
    }

    private static String variable(Reading.Value value) {
        return value.type().equals(CallSettings.ANY_YAML)
                ? ""
                : "`<br>`" + value.path().environmentName();
    }

    private static String otherwise(String text) {
        return text.isEmpty() || text.equals("required") ? text : "`" + text + "`";
    }

    private static final String PREFACE =
            """
            # Configuration

            Written from the code by `./mvnw -pl app -am test -Dtest=ReferenceTest -Dholdfast.write-docs=true
            -Dsurefire.failIfNoSpecifiedTests=false`; a test fails when it is stale.

            `holdfast serve --config FILE` reads FILE; without it `holdfast.yaml` of the working folder if it is there,
            else the built-in configuration (`/crypto/sign` and `/crypto/verify`). `holdfast check-config` prints what is
            in force, or every mistake with its line. SIGHUP has it read anew while it runs: all but `server`, `store`, `rates`
            and `tracing`, which want a restart.

            - **Environment.** Nearly every key is also an environment variable, which stands below it: `0` is the first of a list,
              `1` the next; in place of `NAME` is the name you chose, in capitals with `_` for all but letters and digits; a
              list of values is written with commas. It wins over the file; an empty one counts as not set.
            - **Variables.** `${NAME}` and `${NAME:default}` inside a value are replaced from the environment, then the
              system properties, then a file `.env` in the working folder; an empty variable counts as not set. `$${`
              stands for `${`.
            - **Durations** are `1800ms`, `60s`, `5m`, `24h`, `30d` or ISO 8601 (`PT5M`). **Sizes** are bytes, or `64KiB`,
              `1MB` and the like.
            - **Built-in and yours.** `routes` in a file replace the built-in ones. `upstreams` in a file replace the
              built-in one, but an upstream called `synthesia` starts from the built-in's keys. A built-in upstream stays
              while a route uses it.
            - **Secrets** (keys, passwords, whatever came from a variable, and what is sent to others but for a few names that
              never hold one) are masked wherever Holdfast prints them.
            """;
}
