package dev.holdfast.engine;

import dev.holdfast.partition.Partitions;
import dev.holdfast.store.Claim;
import dev.holdfast.store.Expired;
import dev.holdfast.store.Store;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A real store around which something goes wrong. */
final class FaultyStore {
    /** What is thrown, once, in place of the next call of a method. */
    final Map<String, Throwable> thrown = new TreeMap<>();

    /** Methods whose next answers are failures. */
    final Map<String, Failing> failing = new TreeMap<>();

    /** What is answered in place of a method's answer. */
    final Map<String, Object> instead = new TreeMap<>();

    /** What becomes of asks that are never said to be written: whether each is still wanted. */
    @Nullable Predicate<BooleanSupplier> silent;

    /** Methods whose answers say that more is due since long. */
    final List<String> always = new ArrayList<>();

    /** What happens, once, when a method is done and its answer is on its way. */
    final Map<String, Runnable> meanwhile = new TreeMap<>();

    /** How often each was called. */
    final Map<String, Integer> asked = new TreeMap<>();

    /** So many answers in a row. */
    record Failing(int times, RuntimeException what) {}

    Store around(Store real) {
        return (Store)
                Proxy.newProxyInstance(
                        Store.class.getClassLoader(),
                        new Class<?>[] {Store.class},
                        (proxy, method, args) ->
                                // As the one and the other, so that either may go wrong.
                                method.getName().endsWith("AndClaim")
                                        ? InvocationHandler.invokeDefault(proxy, method, args)
                                        : call(real, method, args));
    }

    private Partitions around(Partitions real) {
        return (Partitions)
                Proxy.newProxyInstance(
                        Store.class.getClassLoader(),
                        new Class<?>[] {Partitions.class},
                        (_, method, args) -> call(real, method, args));
    }

    private @Nullable Object call(Object real, Method method, Object @Nullable [] args)
            throws Throwable {
        String name = method.getName();
        asked.merge(name, 1, Integer::sum);
        Throwable fault = thrown.remove(name);
        if (fault != null) {
            throw fault;
        }
        Failing fails = failing.get(name);
        if (fails != null && fails.times() > 0) {
            failing.put(name, new Failing(fails.times() - 1, fails.what()));
            return CompletableFuture.failedStage(fails.what());
        }
        Predicate<BooleanSupplier> hangs = silent;
        if (hangs != null && name.equals("accept") && args != null) {
            var _ = hangs.test((BooleanSupplier) args[1]);
            Object never = new CompletableFuture<>();
            return never;
        }
        if (instead.containsKey(name)) {
            return instead.get(name);
        }
        try {
            Object answer = method.invoke(real, args);
            Runnable other = meanwhile.remove(name);
            if (other != null) {
                other.run();
            }
            if (answer instanceof Partitions partitions) {
                return around(partitions);
            }
            return always.contains(name)
                    ? ((CompletionStage<?>) Objects.requireNonNull(answer))
                            .thenApply(FaultyStore::due)
                    : answer;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static Object due(Object answer) {
        return switch (answer) {
            case Claim claim ->
                    new Claim(claim.jobs(), Instant.EPOCH, claim.state(), claim.expired());
            case Expired expired ->
                    new Expired(expired.requests(), expired.deliveries(), Instant.EPOCH);
            default -> throw new IllegalArgumentException(answer.toString());
        };
    }
}
