package dev.holdfast.app.operate;

import dev.holdfast.app.sign.GatewayClient;
import java.io.IOException;
import picocli.CommandLine.Command;

/** {@code holdfast cancel}. */
@Command(
        name = "cancel",
        mixinStandardHelpOptions = true,
        description =
                "Ends requests that are not done: some by their ids, or all that options choose")
public final class CancelCommand extends ActCommand {
    @Override
    String act() {
        return "cancel";
    }

    @Override
    GatewayClient.Reply one(GatewayClient client, String path)
            throws IOException, InterruptedException {
        return client.delete(path);
    }
}
