package dev.holdfast.app.operate;

import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is done to some requests by their ids, or to all that a filter chooses. */
abstract class ActCommand extends OperatorCommand {
    @Parameters(
            arity = "0..*",
            paramLabel = "ID",
            description = "these requests, as `holdfast requests` shows them")
    List<String> ids = new ArrayList<>();

    @Mixin ManyFilter filter = new ManyFilter();

    @Option(
            names = "--yes",
            description = "do it to all that the options choose; without, only how many they are")
    boolean yes;

    @Option(
            names = "--per-second",
            paramLabel = "N",
            description = "how many a second at most (default: as fast as others allow)")
    @Nullable Integer perSecond;

    /** As the API calls it. */
    abstract String act();

    /** Does it to one. */
    abstract GatewayClient.Reply one(GatewayClient client, String path)
            throws IOException, InterruptedException;

    @Override
    void check() {
        if (ids.isEmpty() == filter.said().isEmpty()) {
            throw Failure.usage(
                    "holdfast: say which requests, by their ids or by options such as --status and"
                            + " --since, and not by both; "
                            + OperatorCall.shows("requests"));
        }
    }

    @Override
    void run(GatewayClient client, PrintWriter out) throws IOException, InterruptedException {
        if (ids.isEmpty()) {
            Operation all = new Operation(act(), "requests", filter.said(), perSecond);
            if (yes) {
                all.run(client, line());
            } else {
                all.count(client, out);
            }
            return;
        }
        int failed = 0;
        boolean unknown = false;
        for (String id : ids) {
            GatewayClient.Reply reply = one(client, "/v1/requests/" + OperatorCall.encoded(id));
            client.check(reply);
            boolean good = reply.status() < 300;
            out.println(id + "  " + (good ? reply.text("status") : reply.problem()));
            if (!good) {
                failed++;
                unknown |= reply.status() == OperatorCall.NOT_FOUND;
            }
        }
        if (failed > 0) {
            out.flush();
            throw Failure.failed(
                    "holdfast: "
                            + failed
                            + " of "
                            + ids.size()
                            + " could not be done"
                            + (unknown ? "; " + OperatorCall.shows("requests") : ""));
        }
    }
}
