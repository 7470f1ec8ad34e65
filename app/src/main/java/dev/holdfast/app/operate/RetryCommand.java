package dev.holdfast.app.operate;

import dev.holdfast.app.sign.GatewayClient;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code holdfast retry}. */
@Command(
        name = "retry",
        mixinStandardHelpOptions = true,
        description = "Queues failed requests anew: some by their ids, or all that options choose")
public final class RetryCommand extends ActCommand {
    @Override
    String act() {
        return "retry";
    }

    @Override
    GatewayClient.Reply one(GatewayClient client, String path)
            throws IOException, InterruptedException {
        return client.post(path + "/retry", null);
    }
}
