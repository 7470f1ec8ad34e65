package dev.holdfast.engine.partition;

import dev.holdfast.partition.Partitions;
import dev.holdfast.partition.Partitions.Given;
import dev.holdfast.partition.Partitions.Place;
import dev.holdfast.quota.OwnRules;
import dev.holdfast.quota.PartitionRules;
import dev.holdfast.store.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Where operators see an upstream's partitions and give one of them something of its own. */
public final class PartitionDesk {
    private final Store store;
    private final Function<String, @Nullable Parted> upstreams;
    private final Executor loop;
    private final OwnBook book;
    private final Consumer<String> changed;

    /**
     * What is configured of an upstream with partitions.
     *
     * @param each what each is allowed
     * @param units other units than calls that its calls have a cost in
     */
    public record Parted(PartitionRules each, Set<String> units) {
        public Parted {
            units = Set.copyOf(units);
        }
    }

    /**
     * @param upstreams what is configured of one; null if it has no partitions
     * @param book has what is set here from then on
     * @param changed told on the loop of an upstream one of whose partitions may be called now
     */
    public PartitionDesk(
            Store store,
            Function<String, @Nullable Parted> upstreams,
            Executor loop,
            OwnBook book,
            Consumer<String> changed) {
        this.store = store;
        this.upstreams = upstreams;
        this.loop = loop;
        this.book = book;
        this.changed = changed;
    }

    /** What is configured of an upstream; empty if there is none of that name with partitions. */
    public Optional<Parted> parted(String upstream) {
        return Optional.ofNullable(upstreams.apply(upstream));
    }

    /**
     * Some of those with work, or something of their own.
     *
     * @param last where the last of them stands
     */
    public record Page(List<PartitionView> views, Place last) {
        public Page {
            views = List.copyOf(views);
        }
    }

    /**
     * Those with work, or something of their own, those in which most waits first; blocks.
     *
     * @param after those after that; {@link Place#FIRST} for the first
     * @param limit how many at most
     */
    public Page busiest(String upstream, Parted parted, Place after, int limit) {
        Instant now = store.clock().instant();
        Partitions.Busiest page = store.partitions().busiest(upstream, parted.each(), after, limit);
        return new Page(
                page.all().stream().map(seen -> PartitionView.of(seen, now)).toList(), page.last());
    }

    /**
     * Those whose keys begin so and that have work, or something of their own, by their keys;
     * blocks.
     *
     * @param prefix what their keys begin with; empty for all
     * @param after those after this key, which begins with that, too; empty for the first
     * @param limit how many at most
     */
    public List<PartitionView> page(
            String upstream, Parted parted, String prefix, String after, int limit) {
        Instant now = store.clock().instant();
        List<PartitionView> views = new ArrayList<>();
        if (after.isEmpty() && !prefix.isEmpty()) {
            PartitionView exact = get(upstream, parted, prefix);
            if (exact.isInUse()) {
                views.add(exact);
            }
        }
        String from = after.isEmpty() ? prefix : after;
        if (views.size() < limit) {
            store.partitions().page(upstream, parted.each(), from, limit - views.size()).stream()
                    .takeWhile(seen -> seen.key().startsWith(prefix))
                    .map(seen -> PartitionView.of(seen, now))
                    .forEach(views::add);
        }
        return views;
    }

    /** One, whether anybody has heard of it or not; blocks. */
    public PartitionView get(String upstream, Parted parted, String key) {
        Instant now = store.clock().instant();
        return PartitionView.of(store.partitions().partition(upstream, key, parted.each()), now);
    }

    /**
     * Gives one something of its own, at once and for good.
     *
     * @return false if too many have something of their own
     */
    public CompletionStage<Boolean> set(String upstream, String key, OwnRules own) {
        return given(upstream, key, store.partitions().set(upstream, key, own));
    }

    /**
     * Stops one's calls or has them go on, at once and for good, whatever else it has of its own;
     * where it is not paused, its wait after a 429 or a 401 ends.
     *
     * @return false if too many have something of their own
     */
    public CompletionStage<Boolean> pause(String upstream, String key, boolean paused) {
        return given(upstream, key, store.partitions().pause(upstream, key, paused));
    }

    private CompletionStage<Boolean> given(
            String upstream, String key, CompletionStage<Optional<Given>> written) {
        return written.whenCompleteAsync(
                        (given, error) -> {
                            if (given == null) {
                                book.mayHaveChanged(upstream); // nobody knows
                            } else {
                                given.ifPresent(its -> book.set(upstream, key, its));
                            }
                            changed.accept(upstream);
                        },
                        loop)
                .thenApply(Optional::isPresent);
    }
}
