package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.StoreOptions.Retention;
import dev.holdfast.store.postgresql.PostgresStore;
import java.time.Duration;

/**
 * Where promises are kept.
 *
 * @param url {@code sqlite:PATH} or {@code postgresql://user:password@host:5432/database}, where
 *     several hosts may stand with commas between them
 * @param retention how long finished requests can be read, by their end
 * @param maxKeptBytes large bodies and answers that are kept at most, in bytes
 * @param maxClientKeptBytes the same of one client
 */
public record StoreSettings(
        String url, Retention retention, long maxKeptBytes, long maxClientKeptBytes) {
    private static final String SQLITE = "sqlite:";
    private static final String USUAL = "7d";
    private static final Duration SHORTEST = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofDays(3650);
    private static final long LEAST_KEPT = 64L << 10;
    private static final long MOST_KEPT = 1L << 50;

    /** One that keeps as much as one that says nothing. */
    public StoreSettings(String url, Duration retention) {
        this(
                url,
                Retention.same(retention),
                StoreOptions.USUAL_MAX_KEPT_BYTES,
                StoreOptions.USUAL_MAX_CLIENT_KEPT_BYTES);
    }

    static StoreSettings read(Section s) {
        return new StoreSettings(
                s.field(
                                "url",
                                "`sqlite:PATH`, or `postgresql://user:password@host:5432/database` for several replicas;"
                                        + " with several hosts (`a:5432,b:5432`) whichever is the primary")
                        .orElse("sqlite:data/holdfast.db")
                        .neverQuoted()
                        .one("store URL", StoreSettings::checked, SQLITE + "data/holdfast.db"),
                retention(s),
                s.field(
                                "max-kept",
                                "bodies and answers over 64 KiB that are kept at most, all"
                                        + " together; with as much, nothing new is called until"
                                        + " something is forgotten (503 `store-full`)")
                        .orElse("40GiB")
                        .bytes(LEAST_KEPT, MOST_KEPT),
                s.field("max-kept-per-client", "the same of one client (429 `too-much-kept`)")
                        .orElse("10GiB")
                        .bytes(LEAST_KEPT, MOST_KEPT));
    }

    /** One time for all, or one for each end. */
    private static Retention retention(Section s) {
        Retention all =
                s.hasValue("retention")
                        ? Retention.same(
                                s.field(
                                                "retention",
                                                "how long finished requests can be read; or a"
                                                        + " section, by how they ended")
                                        .orElse(USUAL)
                                        .duration(SHORTEST, LONGEST))
                        : Retention.same(Duration.ZERO);
        if (!s.hasSection("retention")) {
            return all;
        }
        Section ends = s.section("retention");
        return new Retention(
                end(ends, "succeeded", "after a success"),
                end(ends, "failed", "after a failure: as long it can be retried by hand"),
                end(ends, "expired", "after its `expires_in`"),
                end(ends, "cancelled", "after it was cancelled"));
    }

    private static Duration end(Section ends, String name, String meaning) {
        return ends.field(name, meaning).orElse(USUAL).duration(SHORTEST, LONGEST);
    }

    private static String checked(String url) {
        if (url.startsWith(SQLITE) && url.length() > SQLITE.length()) {
            return url;
        }
        try {
            PostgresStore.checkUrl(url);
            return url;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "write sqlite:PATH or postgresql://user:password@host:5432/database", e);
        }
    }

    /** Whether it is a file of this machine. */
    public boolean sqlite() {
        return url.startsWith(SQLITE);
    }

    /** The path of the SQLite file, as configured. */
    public String sqlitePath() {
        if (!sqlite()) {
            throw new IllegalStateException("not a SQLite store");
        }
        return url.substring(SQLITE.length());
    }
}
