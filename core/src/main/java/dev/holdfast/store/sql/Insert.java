package dev.holdfast.store.sql;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is added to a table: its columns, each with what it takes from a row, so that neither the
 * statement nor whoever runs it counts columns.
 *
 * @param columns in the order of the statement's parameters
 * @param otherwise what happens if the row is there, or nothing
 */
public record Insert<R>(String table, List<Column<R>> columns, String otherwise) {
    /**
     * A column that is given.
     *
     * @param type PostgreSQL's, of an array's elements
     */
    public record Column<R>(String name, String type, Function<R, @Nullable Object> value) {}

    /** Fails if the row is there. */
    Insert(String table, List<Column<R>> columns) {
        this(table, columns, "");
    }

    /** Adds one row, each of its values a parameter. */
    public String one() {
        return into() + " VALUES (" + parameters() + ")\n" + otherwise;
    }

    /** Adds many rows, each column an array. */
    public String many() {
        return into() + " SELECT * FROM unnest(" + parameters() + ")\n" + otherwise;
    }

    private String into() {
        return "INSERT INTO %s (%s)"
                .formatted(
                        table,
                        columns.stream().map(Column::name).collect(Collectors.joining(", ")));
    }

    private String parameters() {
        return columns.stream().map(_ -> "?").collect(Collectors.joining(", "));
    }

    /** The parameters of {@link #one}. */
    public @Nullable Object[] values(R row) {
        @Nullable Object[] values = new @Nullable Object[columns.size()];
        Arrays.setAll(values, i -> columns.get(i).value().apply(row));
        return values;
    }
}
