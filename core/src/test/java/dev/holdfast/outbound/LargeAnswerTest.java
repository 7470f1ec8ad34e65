package dev.holdfast.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonPointer;
import dev.holdfast.outbound.body.AsItCame;
import dev.holdfast.outbound.body.CallMemory;
import dev.holdfast.request.Body;
import dev.holdfast.request.CostRule;
import dev.holdfast.request.HeaderChoice;
import dev.holdfast.request.HeaderLine;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import dev.holdfast.request.Outcome.Unusable.Kind;
import dev.holdfast.request.Result;
import dev.holdfast.request.ResultShape;
import dev.holdfast.request.StatusRules;
import dev.holdfast.request.VerdictRule;
import dev.holdfast.store.Contents;
import dev.holdfast.store.StoreUnavailable;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that are too large to be at hand: what is kept of them and what they are taken for. */
@Timeout(120)
class LargeAnswerTest extends UpstreamCalls {
    private static final int MAX_BYTES = 2 << 20;
    private static final String LETTERS = "x".repeat(3 << 19);
    private static final String LARGE = "{\"big\":\"" + LETTERS + "\",\"end\":{\"code\":\"busy\"}}";

    private final Pages pages = new Pages();

    /** A store of pieces in memory. */
    private static final class Pages implements Contents {
        private final Map<UUID, TreeMap<Integer, byte[]>> kept = new ConcurrentHashMap<>();
        private volatile boolean broken;

        @Override
        public CompletionStage<Void> append(Owner owner, UUID id, int number, byte[] bytes) {
            assertThat(bytes.length).isBetween(1, CHUNK_BYTES);
            kept.computeIfAbsent(id, _ -> new TreeMap<>()).put(number, bytes);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<Void> drop(UUID id) {
            kept.remove(id);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public byte @Nullable [] chunk(UUID id, int number) {
            if (broken) {
                throw new StoreUnavailable("not today", null);
            }
            return kept.get(id).get(number);
        }

        @Override
        public Room room(int client) {
            return Room.ENOUGH;
        }

        String text(Body body) {
            var all = new ByteArrayOutputStream();
            kept.get(((Body.Kept) body).id()).values().forEach(all::writeBytes);
            assertThat(all.size()).isEqualTo((int) body.size());
            return all.toString(StandardCharsets.UTF_8);
        }
    }

    private static HttpCallTemplate template(
            ResultShape shape, List<VerdictRule> rules, @Nullable AsItCame asItCame) {
        StatusRules usual = StatusRules.of(Set.of(200));
        return new HttpCallTemplate(
                "GET",
                "/large",
                Map.of(),
                Map.of(),
                new CallBody.None(),
                new StatusRules(usual.doneOn(), usual.rejectOn(), rules),
                true,
                shape,
                asItCame,
                MAX_BYTES,
                Map.of());
    }

    private static VerdictRule rule(String place, @Nullable String is, VerdictRule.Then then) {
        return new VerdictRule(
                Set.of(), null, JsonPointer.compile(place), is, true, then, "/end/after");
    }

    private static AsItCame asItCame() {
        return new AsItCame(false, HeaderChoice.ofAnswers(List.of()), MAX_BYTES);
    }

    private Outcome answered(HttpCallTemplate template, String headers, byte[] body)
            throws Exception {
        return answered(template, headers, body, LONG);
    }

    private Outcome answered(
            HttpCallTemplate template, String headers, byte[] body, Duration within)
            throws Exception {
        String head =
                "HTTP/1.1 200 OK\r\n" + headers + "content-length: " + body.length + "\r\n\r\n";
        try (RawServer server =
                        new RawServer(
                                connection -> {
                                    while (connection.readRequest()) {
                                        connection.write(head);
                                        connection.write(body);
                                    }
                                });
                HttpUpstream upstream =
                        new HttpUpstream(
                                vertx,
                                options(
                                        URI.create("http://localhost:" + server.port()),
                                        within,
                                        template),
                                () -> NOW,
                                pages,
                                CallMemory.UNBOUNDED,
                                () -> 0)) {
            return call(upstream, Map.of());
        }
    }

    private Outcome answered(HttpCallTemplate template, String headers, String body)
            throws Exception {
        return answered(template, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(String text, Charset charset) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(charset));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toByteArray();
    }

    private void isKept(Outcome outcome, String type, String text) {
        assertThat(outcome).isInstanceOf(Outcome.Done.class);
        Original original = ((Outcome.Done) outcome).result().original();
        assertThat(original).isNotNull();
        assertThat(original.headers()).containsExactly(new HeaderLine("content-type", type));
        assertThat(pages.text(original.body()).equals(text)).isTrue();
        assertThat(pages.kept).as("nothing else is kept").hasSize(1);
    }

    private void isUnusable(Outcome outcome, Kind kind, String detail) {
        assertThat(outcome).isEqualTo(new Outcome.Unusable(kind, 200, detail));
        assertThat(pages.kept).as("nothing is kept").isEmpty();
    }

    @Test
    void largeJsonIsKeptInPiecesAndSmallJsonIsAtHand() throws Exception {
        HttpCallTemplate json = template(JSON, List.of(), null);
        isKept(answered(json, "content-type: text/html\r\n", LARGE), "application/json", LARGE);
        pages.kept.clear();
        String small = "\"" + "x".repeat(Result.MAX_BODY_BYTES - 2) + "\"";
        assertThat(answered(json, "", small)).isEqualTo(new Outcome.Done(new Result(200, small)));
        assertThat(pages.kept).isEmpty();
    }

    @Test
    void largeTextIsKeptAsUtf8WithoutItsMarkAndCodings() throws Exception {
        HttpCallTemplate text = template(TEXT, List.of(), null);
        String type = "text/plain; charset=utf-8";
        String umlauts = "ä\ud83d\ude00".repeat(280_000);
        isKept(answered(text, "", LETTERS), type, LETTERS);
        pages.kept.clear();
        byte[] marked = ("\ufeff" + umlauts).getBytes(StandardCharsets.UTF_8);
        isKept(answered(text, "", marked), type, umlauts);
        pages.kept.clear();
        byte[] wide = umlauts.getBytes(StandardCharsets.UTF_16);
        isKept(answered(text, "", wide), type, umlauts);
        pages.kept.clear();
        byte[] latin = "ä".repeat(700_000).getBytes(StandardCharsets.ISO_8859_1);
        isKept(
                answered(text, "content-type: text/plain; charset=latin1\r\n", latin),
                type,
                "ä".repeat(700_000));
    }

    @Test
    void whatBecomesLargeWithoutItsCodingIsKeptAsItIsThen() throws Exception {
        byte[] packed = gzip(LARGE, StandardCharsets.UTF_8);
        assertThat(packed.length).isLessThan(Result.MAX_BODY_BYTES);
        HttpCallTemplate json = template(JSON, List.of(), null);
        isKept(answered(json, "content-encoding: gzip\r\n", packed), "application/json", LARGE);
    }

    @Test
    void whatIsLargeWithItsCodingIsKeptWithout() throws Exception {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        byte[] bytes = new byte[1_200_000];
        random.nextBytes(bytes);
        String noise = "\"" + Base64.getEncoder().encodeToString(bytes) + "\"";
        byte[] packed = gzip(noise, StandardCharsets.UTF_8);
        assertThat(packed.length).isGreaterThan(Result.MAX_BODY_BYTES);
        HttpCallTemplate json = template(JSON, List.of(), null);
        isKept(answered(json, "content-encoding: gzip\r\n", packed), "application/json", noise);
    }

    @Test
    void whatIsNotWhatTheRouteWantsFailsAndLeavesNothing() throws Exception {
        HttpCallTemplate json = template(JSON, List.of(), null);
        for (String wrong :
                List.of(
                        LARGE + "{}",
                        LARGE.substring(0, LARGE.length() - 1),
                        LETTERS,
                        "\"" + LETTERS,
                        "[" + LARGE + " " + LARGE.substring(0, 9))) {
            isUnusable(answered(json, "", wrong), Kind.UNREADABLE, "it is not JSON");
        }
        byte[] odd = LETTERS.getBytes(StandardCharsets.UTF_8);
        odd[odd.length - 2] = (byte) 0xff;
        isUnusable(
                answered(template(TEXT, List.of(), null), "content-type: text/x\r\n", odd),
                Kind.UNREADABLE,
                "its bytes, of type text/x, are not text in UTF-8");
        byte[] cut = gzip(LARGE, StandardCharsets.UTF_8);
        isUnusable(
                answered(json, "content-encoding: gzip\r\n", Arrays.copyOf(cut, cut.length / 2)),
                Kind.UNREADABLE,
                "its bytes are not gzip, as it says");
    }

    @Test
    void noMoreThanTheMostIsKeptHoweverSmallWhatCame() throws Exception {
        HttpCallTemplate text = template(TEXT, List.of(), null);
        String tooLarge = "x".repeat(MAX_BYTES + 1);
        String detail = "it is over " + MAX_BYTES + " bytes";
        isUnusable(answered(text, "", tooLarge), Kind.TOO_LARGE, detail);
        byte[] packed = gzip(tooLarge, StandardCharsets.UTF_8);
        isUnusable(answered(text, "content-encoding: gzip\r\n", packed), Kind.TOO_LARGE, detail);
    }

    @Test
    void aRuleSeesWhatStandsAtTheEndOfALargeAnswer() throws Exception {
        List<VerdictRule> rules =
                List.of(
                        rule("/big/none", null, VerdictRule.Then.UNAUTHORIZED),
                        rule("/end/code", "busy", VerdictRule.Then.THROTTLED));
        String busy = LARGE.replace("\"busy\"", "\"busy\",\"after\":7");
        ResultShape bytes = new ResultShape("b", ResultShape.From.BYTES, Map.of());
        for (HttpCallTemplate call :
                List.of(
                        template(JSON, rules, null),
                        template(TEXT, rules, null),
                        template(bytes, rules, asItCame()))) {
            Outcome wanted = new Outcome.Throttled(200, Duration.ofSeconds(7));
            assertThat(answered(call, "", busy)).isEqualTo(wanted);
            byte[] packed = gzip(busy, StandardCharsets.UTF_8);
            assertThat(answered(call, "content-encoding: gzip\r\n", packed)).isEqualTo(wanted);
            assertThat(pages.kept).isEmpty();
        }
    }

    @Test
    void whatALargeAnswerCostIsReadWhereverItStands() throws Exception {
        String vectors = "{\"data\":[" + "0.125,".repeat(100_000) + "1],\"usage\":{\"total\":41}}";
        CostRule cost = new CostRule(null, 1, 0, 100, JsonPointer.compile("/usage/total"));
        HttpCallTemplate passes =
                HttpCallTemplate.passing(
                                StatusRules.of(Set.of(200)),
                                true,
                                new ResultShape("body", ResultShape.From.BYTES, Map.of()),
                                asItCame())
                        .costing(Map.of("tokens", cost));
        HttpCallTemplate reads = template(JSON, List.of(), null).costing(Map.of("tokens", cost));
        for (HttpCallTemplate call : List.of(passes, reads)) {
            Outcome outcome =
                    AnswerTrial.outcome(
                            call,
                            new AnswerTrial.Kept(
                                    200,
                                    MultiMap.caseInsensitiveMultiMap(),
                                    Buffer.buffer(vectors)),
                            Instant.EPOCH);
            assertThat(((Outcome.Done) outcome).used()).isEqualTo(Map.of("tokens", 41L));
        }
    }

    @Test
    void anAnswerThatCannotBeReadAgainIsAFailureThatMayPass() throws Exception {
        pages.broken = true;
        HttpCallTemplate json = template(JSON, List.of(), null);
        byte[] large = LARGE.getBytes(StandardCharsets.UTF_8);
        assertThat(answered(json, "", large, Duration.ofSeconds(3)))
                .isEqualTo(failed(Outcome.Why.GARBAGE, null, true));
        assertThat(pages.kept).isEmpty();
    }
}
