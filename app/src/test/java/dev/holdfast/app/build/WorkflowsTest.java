package dev.holdfast.app.build;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.build.Tools.Said;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** What the workflows of CI and of a release run, as far as that needs nothing of GitHub's. */
class WorkflowsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern SCRIPT =
            Pattern.compile(
                    "(?<![\\w/])((?:\\.ci|packaging)/[\\w/]+|\\./(?:holdfast|test|mvnw))\\b");
    private static final Pattern FLAG = Pattern.compile("(?<= )--[a-z-]+");

    @TempDir Path folder;

    /** A step that runs something: its name and what it types. */
    private record Step(String name, String run) {}

    private static List<Step> steps(String workflow) throws IOException {
        List<Step> steps = new ArrayList<>();
        collect(
                new Yaml().load(Files.readString(ROOT.resolve(".github/workflows/" + workflow))),
                steps);
        return steps;
    }

    private static void collect(Object node, List<Step> steps) {
        if (node instanceof Map<?, ?> map) {
            if (map.get("run") instanceof String run) {
                steps.add(new Step(String.valueOf(map.get("name")), run));
            }
            map.values().forEach(value -> collect(value, steps));
        } else if (node instanceof List<?> list) {
            list.forEach(value -> collect(value, steps));
        }
    }

    @Test
    void eachScriptThatIsRunIsThereAndKnowsItsFlags() throws IOException {
        int scripts = 0;
        for (String workflow : List.of("ci.yml", "release.yml")) {
            for (Step step : steps(workflow)) {
                for (String script :
                        SCRIPT.matcher(step.run()).results().map(m -> m.group(1)).toList()) {
                    Path file = ROOT.resolve(script);
                    assertThat(file).as(step.name()).isRegularFile();
                    scripts++;
                    String line =
                            step.run()
                                    .substring(step.run().indexOf(script))
                                    .lines()
                                    .findFirst()
                                    .orElseThrow();
                    if (script.equals("packaging/release")
                            || script.equals("packaging/containers")) {
                        for (String flag :
                                FLAG.matcher(line).results().map(m -> m.group()).toList()) {
                            assertThat(Files.readString(file)).as(script).contains(flag + ")");
                        }
                    }
                }
            }
        }
        assertThat(scripts).isGreaterThan(6);
    }

    /** A release of GitHub's has no folders: one in a part would end the step. */
    @Test
    void aReleaseIsPutTogetherFromWhatEachSystemMade() throws Exception {
        for (String system : List.of("x64", "aarch64")) {
            Path part = Files.createDirectories(folder.resolve("parts/" + system));
            Path core = Files.createDirectories(part.resolve("maven/dev/holdfast"));
            Files.writeString(core.resolve("holdfast-core-1.2.3.jar"), "core");
            Files.writeString(part.resolve("holdfast-1.2.3-linux-" + system + ".tar.gz"), system);
            Files.writeString(part.resolve("holdfast-chart-1.2.3.tgz"), "chart");
            Files.writeString(part.resolve("SHA256SUMS"), "of this part");
        }
        String run =
                steps("release.yml").stream()
                        .filter(step -> step.name().startsWith("One folder"))
                        .map(Step::run)
                        .findFirst()
                        .orElseThrow();
        Tools tools = Tools.none().with(Tools.USUAL);
        try {
            Said said =
                    tools.run(
                            folder,
                            Map.of("GITHUB_REF_NAME", "v1.2.3"),
                            List.of("/bin/bash", "-eo", "pipefail", "-c", run));
            assertThat(said.status()).as(said.err()).isZero();
        } finally {
            tools.delete();
        }
        try (Stream<Path> made = Files.list(folder.resolve("release"))) {
            assertThat(made.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "SHA256SUMS",
                            "holdfast-1.2.3-linux-aarch64.tar.gz",
                            "holdfast-1.2.3-linux-x64.tar.gz",
                            "holdfast-chart-1.2.3.tgz",
                            "holdfast-maven-1.2.3.tar.gz");
        }
        assertThat(Files.readAllLines(folder.resolve("release/SHA256SUMS"))).hasSize(4);
    }
}
