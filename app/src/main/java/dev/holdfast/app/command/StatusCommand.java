package dev.holdfast.app.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.app.sign.GatewayClient;
import dev.holdfast.app.sign.GatewayOption;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.terminal.Progress;
import dev.holdfast.app.terminal.Screen;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code holdfast status}: a running gateway at a glance. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Queue, slots, ETA, webhooks, converter of a running gateway")
public final class StatusCommand implements Runnable {
    @Option(names = "--watch", description = "look again every second until Ctrl-C")
    boolean watch;

    @Option(
            names = "--clients",
            description = "also who uses each upstream's quota (wants an admin client's key)")
    boolean clients;

    @Mixin GatewayOption gateway = new GatewayOption();

    @Spec @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec == null) {
            throw new IllegalStateException("picocli has not set the command up");
        }
        PrintWriter out = spec.commandLine().getOut();
        try (GatewayClient client = gateway.open()) {
            String first = look(client);
            if (watch) {
                watch(client, first, new Screen(out, Progress.onTerminal()));
            } else {
                out.print(first);
                out.flush();
            }
        } catch (IOException e) {
            throw Failure.failed(GatewayClient.silence(gateway.url, e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Looks again and again; a gateway that is gone for a while is waited for. */
    private void watch(GatewayClient client, String first, Screen screen)
            throws InterruptedException {
        String seen = first;
        screen.show(seen);
        while (true) {
            TimeUnit.SECONDS.sleep(1);
            try {
                seen = look(client);
                screen.show(seen);
            } catch (IOException e) {
                screen.show(last("holdfast: no gateway answers at " + gateway.url, seen));
            } catch (Failure e) {
                if (e.status() == Failure.USAGE) {
                    throw e; // waiting does not help: it does not take the key any more
                }
                screen.show(last(String.valueOf(e.getMessage()), seen));
            }
        }
    }

    private static String last(String trouble, String seen) {
        return trouble + "; this is what it said last\n" + seen;
    }

    private String look(GatewayClient client) throws IOException, InterruptedException {
        JsonNode upstreams = good(client.upstreams());
        Map<String, JsonNode> users = new HashMap<>();
        if (clients) {
            for (JsonNode upstream : upstreams.path("upstreams")) {
                String name = upstream.path("name").asText();
                GatewayClient.Reply reply = client.get(clients(name), null);
                client.check(reply);
                users.put(name, good(reply));
            }
        }
        return new StatusView(upstreams, users, Figures.parse(client.page("/metrics"))).text();
    }

    private static String clients(String upstream) {
        String segment = URLEncoder.encode(upstream, StandardCharsets.UTF_8).replace("+", "%20");
        return "/v1/upstreams/" + segment + "/clients";
    }

    private static JsonNode good(GatewayClient.Reply reply) {
        if (reply.status() != 200) {
            throw Failure.failed("holdfast: the gateway says " + reply.problem());
        }
        return reply.body();
    }
}
