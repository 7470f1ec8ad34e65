package dev.holdfast.app;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.holdfast.app.serve.Logging;

/**
 * Keeps logback from looking for configuration files at start; {@link Logging} sets it up. Found
 * through the service loader.
 */
public final class QuietLogback extends ContextAwareBase implements Configurator {
    /** For the service loader. */
    public QuietLogback() {}

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
