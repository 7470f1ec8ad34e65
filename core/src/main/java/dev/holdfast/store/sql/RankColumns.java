package dev.holdfast.store.sql;

import dev.holdfast.request.Priority;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Columns that an upstream's row has for each class of priority, such as {@code high_credit}. */
public final class RankColumns {
    private final List<String> names;

    private RankColumns(List<String> names) {
        this.names = names;
    }

    /** These of each class, the highest class first. */
    public static RankColumns of(String... names) {
        List<String> columns = Arrays.asList(names);
        return new RankColumns(
                Priority.ALL.stream()
                        .flatMap(each -> columns.stream().map(name -> each.wire() + "_" + name))
                        .toList());
    }

    /** To read them all. */
    public String list() {
        return String.join(", ", names);
    }

    /** Their names, in that order. */
    public List<String> names() {
        return names;
    }

    /** To write them all. */
    public String set() {
        return names.stream().map(name -> name + " = ?").collect(Collectors.joining(", "));
    }
}
