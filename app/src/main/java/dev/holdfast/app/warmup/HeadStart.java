package dev.holdfast.app.warmup;

import dev.holdfast.store.sqlite.SqliteLibrary;
import dev.holdfast.webhook.SigningKey;
import java.security.SecureRandom;

/**
 * What takes long the first time and waits for no configuration, done on a thread of its own beside
 * the start. Nobody waits for it to end: who needs a part earlier does it himself, or waits for
 * that part alone.
 */
public final class HeadStart {
    private HeadStart() {}

    public static void begin() {
        Thread.ofPlatform().name("holdfast-ahead").daemon(true).start(HeadStart::run);
    }

    private static void run() {
        SqliteLibrary.prepare();
        SigningKey.Ed25519.prepare();
        // Reads the JDK's list of providers.
        new SecureRandom().nextInt();
    }
}
