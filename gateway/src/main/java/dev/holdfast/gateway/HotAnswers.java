package dev.holdfast.gateway;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Answers from the cache, ready to be sent, by client and the very text of its query: what was
 * asked before in the same words is neither parsed nor rendered again. Safe for use by many
 * threads.
 */
final class HotAnswers {
    /** What all keys and bodies may take together, in bytes. */
    static final long MAX_BYTES = 16L << 20;

    /** What an entry takes beside them, about, in bytes. */
    private static final int ENTRY_BYTES = 300;

    private final Cache<Key, Hot> answers =
            Caffeine.newBuilder()
                    .maximumWeight(MAX_BYTES)
                    .weigher((Key key, Hot hot) -> weight(key.query, hot.body))
                    .executor(Runnable::run)
                    .build();

    /** A client's query. Written out: a record's own methods cost more than all else here. */
    private static final class Key {
        private final int client;
        private final String query;

        Key(int client, String query) {
            this.client = client;
            this.query = query;
        }

        @Override
        public int hashCode() {
            return 31 * query.hashCode() + client;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key key && client == key.client && query.equals(key.query);
        }
    }

    /** An answer and how long it is one. */
    static final class Hot {
        private final Buffer body;
        private final Instant until;
        private volatile Status status = new Status(-1, "");

        /** {@code Cache-Status} in one second. */
        private record Status(long ttl, String text) {}

        private Hot(Buffer body, Instant until) {
            this.body = body;
            this.until = until;
        }

        Buffer body() {
            return body;
        }

        String cacheStatus(Instant now) {
            long ttl = until.getEpochSecond() - now.getEpochSecond();
            Status known = status;
            if (known.ttl() != ttl) {
                known = new Status(ttl, hit(ttl));
                status = known;
            }
            return known.text();
        }
    }

    /** The answer to a query, if it still is one at {@code now}. */
    @Nullable Hot get(int client, String query, Instant now) {
        Hot hot = answers.getIfPresent(new Key(client, query));
        return hot != null && now.isBefore(hot.until) ? hot : null;
    }

    void put(int client, String query, Buffer body, Instant until) {
        if (weight(query, body) <= MAX_BYTES / 100) {
            answers.put(new Key(client, query), new Hot(body, until));
        }
    }

    private static int weight(String query, Buffer body) {
        return ENTRY_BYTES + query.length() + body.length();
    }

    /** {@code Cache-Status} of a hit (RFC 9211). */
    static String hit(long ttlSeconds) {
        return "holdfast; hit; ttl=" + Math.max(0, ttlSeconds);
    }

    static String hit(Instant now, Instant until) {
        return hit(Duration.between(now, until).toSeconds());
    }
}
