package dev.holdfast.bench;

import dev.holdfast.bench.chaos.ChaosBench;
import dev.holdfast.bench.kit.ShortForm;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A short form of {@code holdfast bench chaos}, which fails as well if no fault fired. */
@Timeout(180)
class ChaosTest {
    @RegisterExtension final ShortForm bench = new ShortForm();

    @Test
    void noPartitionIsOverInCallsOrTokensWhileTheGatewayIsKilled() throws IOException {
        bench.holds(new ChaosBench(), "--partitions=8", "--seconds=14", "--kill-every=3");
    }

    @Test
    void promisesHoldWhileReplicasAreKilledAndConnectionsAreCut() throws IOException {
        bench.holds(
                new ChaosBench(),
                "--requests=110",
                "--replicas=2",
                "--kill-every=3",
                "--restart-after=0",
                "--patience=4");
    }
}
