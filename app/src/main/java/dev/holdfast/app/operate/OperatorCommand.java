package dev.holdfast.app.operate;

import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.terminal.Failure;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What each command of an operator does: refuse what cannot be meant, ask a gateway, print. */
abstract class OperatorCommand implements Runnable {
    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    /** Refuses what cannot be meant, before a gateway is asked. */
    void check() {}

    /** Does it. */
    abstract void run(GatewayClient client, PrintWriter out)
            throws IOException, InterruptedException;

    @Override
    public final void run() {
        check();
        PrintWriter out = line().getOut();
        try (GatewayClient client = gateway.open()) {
            run(client, out);
        } catch (IOException e) {
            throw Failure.failed(GatewayClient.silence(gateway.url, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out.flush();
    }

    final CommandLine line() {
        return Objects.requireNonNull(spec).commandLine();
    }

    /** A line of a list, whose last column may be empty. */
    static void line(PrintWriter out, String cells) {
        out.println(cells.stripTrailing());
    }

    /** How many a list may have. */
    static void checkLimit(int limit, int most) {
        if (limit < 1 || limit > most) {
            throw Failure.usage("holdfast: --limit is 1 to " + most);
        }
    }
}
