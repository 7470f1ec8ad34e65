package dev.holdfast.app.rehearsal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SelfPlayTest {
    private static final Duration SHORT = Duration.ofMillis(200);

    @Test
    void allKindsOfAnswersArePlayedAndNothingIsLeftOfIt() throws Exception {
        Set<Path> before = folders();
        SelfPlay.Played played = SelfPlay.play(SHORT);

        assertThat(played.failure()).isNull();
        // On a machine that is very busy its callers are refused.
        assertThat(played.answers().keySet()).isNotEmpty().isSubsetOf(200, 202, 503);
        assertThat(folders()).isEqualTo(before);
    }

    private static Set<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(path -> path.getFileName().toString().startsWith(SelfPlay.FOLDER))
                    .collect(Collectors.toSet());
        }
    }
}
