package dev.holdfast.engine;

import com.github.f4b6a3.uuid.factory.standard.TimeOrderedEpochFactory;
import dev.holdfast.engine.partition.OwnBook;
import dev.holdfast.quota.Quota;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.Costs;
import dev.holdfast.request.JobKey;
import dev.holdfast.request.NotBefore;
import dev.holdfast.request.Params;
import dev.holdfast.request.Priority;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.Texts;
import dev.holdfast.store.Contents;
import dev.holdfast.store.NewRequest;
import dev.holdfast.store.NewRequest.Idempotency;
import dev.holdfast.store.NewRequest.WebhookTarget;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Makes of an ask what the store keeps, if there is room for it; safe for many threads. */
final class Asking {
    private final EngineParts parts;
    private final OwnBook book;
    private final TimeOrderedEpochFactory ids;

    Asking(EngineParts parts, OwnBook book) {
        this.parts = parts;
        this.book = book;
        ids =
                TimeOrderedEpochFactory.builder()
                        .withTimeFunction(() -> parts.store().wall().millis())
                        .withRandomFunction(parts.random()::nextLong)
                        .withIncrementPlus1()
                        .build();
    }

    /**
     * What tells the ask's call from others. Where a call must not be made twice for one ask, it is
     * not made once for two: an order of two coffees is not one coffee.
     */
    JobKey key(Ask ask, RoutePolicy route) {
        return isRepeatable(ask, route)
                ? JobKey.of(ask.route(), ask.params(), ask.values(), ask.partition())
                : JobKey.only(ids.create());
    }

    NewRequest request(Ask ask, JobKey key, RoutePolicy route, UpstreamPolicy upstream) {
        Ask.Extras extras = ask.extras();
        Duration ttl = ask.cacheTtl();
        String params = Params.write(ask.params(), ask.values());
        return new NewRequest(
                ids.create(),
                ask.client(),
                ask.maxPending(),
                upstream.name(),
                upstream.maxQueue(),
                route.path(),
                key,
                params,
                isRepeatable(ask, route),
                ttl == null ? route.cacheTtl() : ttl,
                target(extras.webhook()),
                extras.clientRequestId(),
                extras.expiresIn(),
                idempotency(ask),
                ask.passed() == null ? Body.none() : ask.passed().body(),
                place(ask, upstream),
                null,
                upstream.countsUnits() || (ask.partition() != null && !route.costs().isEmpty())
                        ? costs(ask, params, route)
                        : null);
    }

    private NewRequest.Place place(Ask ask, UpstreamPolicy upstream) {
        Ask.Extras extras = ask.extras();
        NewRequest.Place place =
                new NewRequest.Place(extras.priority(), ask.weight(), notBefore(extras));
        return ask.partition() == null
                ? place
                : place.in(ask.partition(), upstream.partitions().fifo());
    }

    /** What its call is guessed to take: by its body, or by its parameters where it has none. */
    private static Costs costs(Ask ask, String params, RoutePolicy route) {
        Ask.Passed passed = ask.passed();
        Map<String, Long> costs = new HashMap<>();
        for (Map.Entry<String, CostRule> each : route.costs().entrySet()) {
            Supplier<String> json = () -> passed == null ? params : atHand(passed.body());
            long bytes =
                    passed == null
                            ? params.getBytes(StandardCharsets.UTF_8).length
                            : passed.body().size();
            costs.put(each.getKey(), each.getValue().reserve(json, bytes));
        }
        return Costs.of(costs);
    }

    /** Whether its call takes more than any window will ever have free. */
    boolean isTooDear(NewRequest fresh, UpstreamPolicy policy) {
        Costs costs = fresh.costs();
        if (costs == null) {
            return false;
        }
        String partition = fresh.place().partition();
        return policy.credentials().isTooDear(costs)
                || isOver(costs, policy.units())
                || (partition != null && isOver(costs, units(policy, partition)));
    }

    private Map<String, Quota> units(UpstreamPolicy policy, String partition) {
        return book.of(policy.name(), partition).over(policy.partitions()).units();
    }

    private static boolean isOver(Costs costs, Map<String, Quota> units) {
        return units.entrySet().stream()
                .anyMatch(
                        unit -> {
                            long cost = costs.of(unit.getKey());
                            return unit.getValue().atMost(cost) < cost;
                        });
    }

    /** A large body is not at hand: nothing in it is looked at. */
    private static String atHand(Body body) {
        return body instanceof Body.Inline(byte[] bytes)
                ? new String(bytes, StandardCharsets.UTF_8)
                : "";
    }

    private @Nullable Instant notBefore(Ask.Extras extras) {
        NotBefore said = extras.notBefore();
        return said == null ? null : said.after(parts.store().wall().instant());
    }

    private static boolean isRepeatable(Ask ask, RoutePolicy route) {
        return ask.passed() == null ? route.repeatable() : ask.passed().repeatable();
    }

    private @Nullable WebhookTarget target(Ask.@Nullable Webhook webhook) {
        return webhook == null
                ? null
                : new WebhookTarget(webhook.url().toString(), Texts.write(webhook.headers()));
    }

    /** With all that was asked: another webhook is another request, not one to forget. */
    private @Nullable Idempotency idempotency(Ask ask) {
        Ask.Extras extras = ask.extras();
        String sent = extras.idempotencyKey();
        if (sent == null) {
            return null;
        }
        // No parameter's name begins with a space.
        SortedMap<String, String> all = new TreeMap<>(ask.params());
        Ask.Webhook webhook = extras.webhook();
        if (webhook != null) {
            all.put(" webhook_url", webhook.url().toString());
            all.put(" webhook_headers", Texts.write(webhook.headers()));
        }
        if (extras.clientRequestId() != null) {
            all.put(" client_request_id", extras.clientRequestId());
        }
        if (extras.expiresIn() != null) {
            all.put(" expires_in", extras.expiresIn().toString());
        }
        if (extras.priority() != Priority.NORMAL) {
            all.put(" priority", extras.priority().wire());
        }
        if (ask.partition() != null) {
            all.put(" partition", ask.partition());
        }
        if (extras.notBefore() != null) {
            all.put(" not_before", extras.notBefore().toString());
        }
        return new Idempotency(sent, JobKey.of(ask.route(), all, ask.values()));
    }

    /** Why no call is made for it, or null; what is known is given all the same. */
    Answer.@Nullable Refusal refusal(Ask ask, RoutePolicy route) {
        Ask.Passed passed = ask.passed();
        if (passed == null && route.shape().from() != ResultShape.From.BYTES) {
            return null;
        }
        Contents contents = parts.store().contents();
        if (passed != null && passed.body() instanceof Body.Kept) {
            // There was room for it, or else it is not there.
            return passed.whole() ? null : Answer.Refusal.TOO_MUCH_KEPT;
        }
        return switch (contents.room(ask.client())) {
            case ALL_FULL -> Answer.Refusal.STORE_FULL;
            case CLIENT_FULL -> Answer.Refusal.TOO_MUCH_KEPT;
            case ENOUGH -> null;
        };
    }
}
