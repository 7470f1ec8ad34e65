package dev.holdfast.store.postgresql;

import static dev.holdfast.store.postgresql.PostgresDatabase.booleans;
import static dev.holdfast.store.postgresql.PostgresDatabase.ints;
import static dev.holdfast.store.postgresql.PostgresDatabase.longs;
import static dev.holdfast.store.postgresql.PostgresDatabase.texts;
import static dev.holdfast.store.postgresql.PostgresDatabase.uuids;

import dev.holdfast.store.NewRequest;
import dev.holdfast.store.StoreOptions;
import dev.holdfast.store.queue.Job;
import dev.holdfast.store.sql.Micros;
import dev.holdfast.store.transition.RequestKey;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of new jobs and requests, gathered to be written in one statement each. */
final class PostgresNewRows {
    private final Jobs jobs = new Jobs();
    private final Requests requests = new Requests();
    private final Keys keys = new Keys();

    private static final class Jobs {
        final List<Long> ids = new ArrayList<>();
        final List<Integer> upstreams = new ArrayList<>();
        final List<@Nullable String> routes = new ArrayList<>();
        final List<Integer> clients = new ArrayList<>();
        final List<UUID> requests = new ArrayList<>();
        final List<Long> keysHigh = new ArrayList<>();
        final List<Long> keysLow = new ArrayList<>();
        final List<@Nullable String> params = new ArrayList<>();
        final List<Long> turns = new ArrayList<>();
        final List<Boolean> repeatable = new ArrayList<>();
        final List<Long> cacheTtls = new ArrayList<>();
    }

    private static final class Requests {
        final List<Integer> clients = new ArrayList<>();
        final List<UUID> ids = new ArrayList<>();
        final List<Long> jobs = new ArrayList<>();
        final List<Integer> upstreams = new ArrayList<>();
        final List<@Nullable String> urls = new ArrayList<>();
        final List<@Nullable String> headers = new ArrayList<>();
        final List<@Nullable String> references = new ArrayList<>();
        final List<Long> expires = new ArrayList<>();
        final List<Long> expiresMillis = new ArrayList<>();
    }

    private static final class Keys {
        final List<Integer> clients = new ArrayList<>();
        final List<@Nullable String> keys = new ArrayList<>();
        final List<UUID> requests = new ArrayList<>();
        final List<Long> high = new ArrayList<>();
        final List<Long> low = new ArrayList<>();
    }

    void job(long id, int upstream, long turn, NewRequest ask) {
        jobs.ids.add(id);
        jobs.upstreams.add(upstream);
        jobs.routes.add(ask.route());
        jobs.clients.add(ask.client());
        jobs.requests.add(ask.id());
        jobs.keysHigh.add(ask.key().high());
        jobs.keysLow.add(ask.key().low());
        jobs.params.add(ask.params());
        jobs.turns.add(turn);
        jobs.repeatable.add(ask.repeatable());
        jobs.cacheTtls.add(Micros.of(ask.cacheTtl()));
    }

    /** A failed job's call, anew for one request. */
    void job(long id, long turn, Job failed, RequestKey request) {
        jobs.ids.add(id);
        jobs.upstreams.add(failed.upstream());
        jobs.routes.add(failed.route());
        jobs.clients.add(request.client());
        jobs.requests.add(request.id());
        jobs.keysHigh.add(failed.keyHigh());
        jobs.keysLow.add(failed.keyLow());
        jobs.params.add(failed.params());
        jobs.turns.add(turn);
        jobs.repeatable.add(failed.repeatable());
        jobs.cacheTtls.add(failed.cacheTtl());
    }

    void request(
            NewRequest ask,
            long job,
            int upstream,
            @Nullable Long expires,
            @Nullable Long expiresMillis) {
        NewRequest.WebhookTarget webhook = ask.webhook();
        requests.clients.add(ask.client());
        requests.ids.add(ask.id());
        requests.jobs.add(job);
        requests.upstreams.add(upstream);
        requests.urls.add(webhook == null ? null : webhook.url());
        requests.headers.add(webhook == null ? null : webhook.headers());
        requests.references.add(ask.clientRequestId());
        requests.expires.add(expires);
        requests.expiresMillis.add(expiresMillis);
    }

    void key(NewRequest ask, NewRequest.Idempotency sent) {
        keys.clients.add(ask.client());
        keys.keys.add(sent.key());
        keys.requests.add(ask.id());
        keys.high.add(sent.fingerprint().high());
        keys.low.add(sent.fingerprint().low());
    }

    /** Adds what writes the rows. */
    void write(RoundTrip trip, long now) {
        if (!jobs.ids.isEmpty()) {
            trip.change(
                    PostgresSql.ADD_JOBS,
                    now,
                    longs(jobs.ids),
                    ints(jobs.upstreams),
                    texts(jobs.routes),
                    ints(jobs.clients),
                    uuids(jobs.requests),
                    longs(jobs.keysHigh),
                    longs(jobs.keysLow),
                    texts(jobs.params),
                    longs(jobs.turns),
                    booleans(jobs.repeatable),
                    longs(jobs.cacheTtls));
        }
        if (!requests.ids.isEmpty()) {
            trip.change(
                    PostgresSql.ADD_REQUESTS,
                    ints(requests.clients),
                    uuids(requests.ids),
                    longs(requests.jobs),
                    ints(requests.upstreams),
                    texts(requests.urls),
                    texts(requests.headers),
                    texts(requests.references),
                    longs(requests.expires),
                    longs(requests.expiresMillis));
        }
        if (!keys.keys.isEmpty()) {
            trip.change(
                    PostgresSql.ADD_KEYS,
                    now + Micros.of(StoreOptions.IDEMPOTENCY),
                    ints(keys.clients),
                    texts(keys.keys),
                    uuids(keys.requests),
                    longs(keys.high),
                    longs(keys.low));
        }
    }
}
