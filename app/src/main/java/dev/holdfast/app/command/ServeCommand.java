package dev.holdfast.app.command;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.rehearsal.SelfPlay;
import dev.holdfast.app.serve.EventLoops;
import dev.holdfast.app.serve.FirstKey;
import dev.holdfast.app.serve.Logging;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.serve.StoreAccess;
import dev.holdfast.app.terminal.Packaged;
import dev.holdfast.app.yaml.Variables;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code holdfast serve}. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "The gateway, and the converter when rates.feed is set; stops on SIGTERM and"
                        + " Ctrl-C, and reads its configuration anew on SIGHUP")
public final class ServeCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    @Mixin ConfigOption config = new ConfigOption();

    @Override
    public void run() {
        serve(config.file);
    }

    /** Serves until the process is told to end. */
    public static void serve(@Nullable Path file) {
        untilStopped(start(file, ConfigOption.variables()));
    }

    /** Serves until it is closed. */
    public static Serve start(@Nullable Path file, Variables variables) {
        Reloading reloading = Reloading.listening();
        EventLoops loops = EventLoops.opening();
        Configuration configuration;
        Settings settings;
        try {
            configuration =
                    ConfigOption.load(file, variables, Purpose.GATEWAY, StoreAccess::hasClients);
            settings = configuration.settings();
            Logging.settle(settings.logging());
            FirstKey.make(settings);
            Duration warmUp = settings.server().warmUp();
            if (warmUp.isPositive()) {
                SelfPlay.warmUp(warmUp);
            }
        } catch (RuntimeException e) {
            EventLoops.close(loops.await());
            throw e;
        }
        Serve serve = Serve.start(settings, loops);
        Announcement.lines(Packaged.version(), ConfigOption.source(file), settings)
                .forEach(LOG::info);
        serve.compareWith(configuration, ConfigOption.source(file));
        reloading.begin(file, configuration, serve);
        LOG.info("listening on {}", serve.uri());
        return serve;
    }

    /** Waits for SIGTERM or Ctrl-C, and holds the process until all is closed. */
    public static void untilStopped(AutoCloseable running) {
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    try {
                                        running.close();
                                    } catch (Exception e) {
                                        // Nobody is left to be told; the process ends all the same.
                                    } finally {
                                        stopped.countDown();
                                    }
                                },
                                "holdfast-stop"));
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
