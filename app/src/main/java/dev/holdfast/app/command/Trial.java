package dev.holdfast.app.command;

import dev.holdfast.app.config.RouteSettings;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.config.UpstreamSettings;
import dev.holdfast.app.serve.Policies;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.Units;
import dev.holdfast.outbound.AnswerTrial;
import dev.holdfast.outbound.HttpCallTemplate;
import dev.holdfast.pace.RetryPolicy;
import dev.holdfast.quota.Window;
import dev.holdfast.request.Decision;
import dev.holdfast.request.Failure.Reason;
import dev.holdfast.request.Lifecycle;
import dev.holdfast.request.Original;
import dev.holdfast.request.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** What an answer in a file would mean on a route, in words; by the very rules of a real one. */
final class Trial {
    /** Largest file, in bytes. */
    private static final long MAX_BYTES = 65L << 20;

    private static final int MAX_SHOWN_CHARS = 200;

    /** How long an upstream without quota is left alone after a 429 that says no time. */
    private static final Duration WITHOUT_QUOTA = Duration.ofSeconds(60);

    private Trial() {}

    /**
     * @throws Failure if there is no such route, or the file cannot be read
     */
    static String of(Settings settings, String path, Path file) {
        RouteSettings route =
                settings.routes().stream()
                        .filter(one -> one.path().equals(path))
                        .findFirst()
                        .orElseThrow(() -> Failure.usage(unknown(settings, path)));
        UpstreamSettings upstream =
                Objects.requireNonNull(settings.upstreams().get(route.upstream()));
        HttpCallTemplate call =
                Objects.requireNonNull(
                        Policies.http(upstream, settings.routes()).calls().get(route.path()));
        AnswerTrial.Kept answer = AnswerTrial.read(bytes(file));
        Outcome outcome = AnswerTrial.outcome(call, answer, Instant.now());
        Decision decision =
                Lifecycle.decide(
                        new Lifecycle.Standing(0, Duration.ZERO, route.repeatable()),
                        outcome,
                        withoutChance(upstream),
                        shortestWindow(upstream),
                        RandomGenerator.getDefault());
        return path
                + ", status "
                + answer.status()
                + ", "
                + answer.body().length()
                + " bytes: "
                + words(outcome, decision)
                + "\n";
    }

    private static RetryPolicy withoutChance(UpstreamSettings upstream) {
        RetryPolicy retry = upstream.retry();
        return new RetryPolicy(
                retry.backoff(),
                retry.first(),
                retry.max(),
                0,
                retry.maxAttempts(),
                retry.giveUpAfter());
    }

    private static Duration shortestWindow(UpstreamSettings upstream) {
        return upstream.quota().calls().stream()
                .map(Window::length)
                .min(Duration::compareTo)
                .orElse(WITHOUT_QUOTA);
    }

    private static byte[] bytes(Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw Failure.usage(
                        "holdfast: " + file + " is larger than any answer that is read");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw Failure.usage("holdfast: " + file + ": cannot be read");
        }
    }

    private static String unknown(Settings settings, String path) {
        return "holdfast: there is no route "
                + path
                + "; configured: "
                + settings.routes().stream()
                        .map(RouteSettings::path)
                        .collect(Collectors.joining(", "));
    }

    private static String words(Outcome outcome, Decision decision) {
        return switch (decision) {
            case Decision.Succeed _ -> "done, the result" + shown(outcome);
            case Decision.Fail fail ->
                    "fails as `"
                            + fail.failure().reason().wire()
                            + "`"
                            + (fail.failure().reason() == Reason.UNCERTAIN
                                    ? ", since it may have taken effect"
                                    : "")
                            + (fail.failure().detail() == null
                                    ? ""
                                    : ": " + fail.failure().detail());
            case Decision.Retry again ->
                    switch (again.closing()) {
                        case Decision.Closing.For(Duration length) ->
                                "kept; the upstream takes no calls for " + Units.write(length);
                        case Decision.Closing.Absent _ ->
                                "kept; single calls look when somebody is at home";
                        case Decision.Closing.Unauthorized() ->
                                "kept; the upstream is closed and tried now and then, until it"
                                        + " takes the credential";
                        case null ->
                                "called again after "
                                        + Units.write(again.after())
                                        + (again.charged() ? ", an attempt charged" : "");
                    };
        };
    }

    private static String shown(Outcome outcome) {
        if (!(outcome instanceof Outcome.Done(var result, _))) {
            return " without a body";
        }
        Original original = result.original();
        if (original != null && !original.body().isEmpty()) {
            return " as it came, " + original.body().size() + " bytes";
        }
        if (result.body().isEmpty()) {
            return " without a body";
        }
        String body = result.body().strip();
        return " "
                + (body.length() <= MAX_SHOWN_CHARS
                        ? body
                        : body.substring(0, MAX_SHOWN_CHARS) + "…");
    }
}
