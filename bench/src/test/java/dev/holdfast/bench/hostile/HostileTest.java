package dev.holdfast.bench.hostile;

import dev.holdfast.bench.kit.ShortForm;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A short form of {@code holdfast bench hostile}, with each limit of the configuration at its
 * highest: all that is limited is filled at once, from outside and by clients, in a process of 256
 * MB. It lives, others get answers, and its memory comes back; how fast does not decide.
 */
@Timeout(300)
class HostileTest {
    @RegisterExtension final ShortForm bench = new ShortForm();

    @Test
    void othersGoOnWhileClientsHoldAllTheyCan() throws IOException {
        bench.holds(
                new HostileBench(),
                "--seconds=5",
                "--part=0.2",
                "--any-speed",
                "--together",
                "--highest");
    }
}
