package dev.holdfast.app.command;

import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.RatesSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.serve.FirstKey;
import dev.holdfast.app.serve.Logging;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast rates}: the converter alone. */
@Command(
        name = "rates",
        mixinStandardHelpOptions = true,
        description =
                "The converter alone, with /livez, /readyz, /metrics and /v1/convert on its port")
public final class RatesCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(RatesCommand.class);

    @Mixin ConfigOption config = new ConfigOption();

    @Override
    public void run() {
        Settings settings = config.load(Purpose.CONVERTER, StoreAccess::hasClients).settings();
        Logging.settle(settings.logging());
        RatesSettings rates = settings.rates();
        if (rates.source().needsKey() && rates.apiKey() == null) {
            throw Failure.usage(
                    "holdfast: rates.api-key is missing: export FREECURRENCY_API_KEY=…, or choose a"
                            + " rates.source without a key (frankfurter, ecb)");
        }
        FirstKey.make(settings);
        Serve serve = Serve.startConverter(settings);
        LOG.info(
                "converting on {}/v1/convert{}",
                serve.uri(),
                rates.feed() == null ? "; no rates.feed is set (CURRENCY_ASSIGNMENT_WS_URI)" : "");
        ServeCommand.untilStopped(serve);
    }
}
