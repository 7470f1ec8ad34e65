package dev.holdfast.store.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.request.Priority;
import dev.holdfast.store.postgresql.connection.PostgresSql;
import dev.holdfast.store.sql.AskedRow;
import dev.holdfast.store.sql.BatchSql;
import dev.holdfast.store.sql.ClientSql;
import dev.holdfast.store.sql.CommonSql;
import dev.holdfast.store.sql.ContentSql;
import dev.holdfast.store.sql.Insert;
import dev.holdfast.store.sql.JobColumn;
import dev.holdfast.store.sql.KeyRow;
import dev.holdfast.store.sql.LedgerSql;
import dev.holdfast.store.sql.OperationSql;
import dev.holdfast.store.sql.RetentionSql;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The last released version goes on while the schema is this version's already: its statements and
 * its schema's rules are kept in {@code previous-version.json} and tried on the schema of today.
 * CONTRIBUTING.md says how the file is made anew with a release.
 */
final class PreviousVersionTest {
    private static final String FILE = "previous-version.json";
    private static final Path SOURCE =
            Path.of("src/test/resources/dev/holdfast/store/postgresql", FILE);
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private static final List<Class<?>> STATEMENTS =
            List.of(
                    CommonSql.class,
                    LedgerSql.class,
                    ContentSql.class,
                    RetentionSql.class,
                    ClientSql.class,
                    PostgresSql.class);

    /** Their statements' names say only with the class what they are about. */
    private static final List<Class<?>> BULK = List.of(BatchSql.class, OperationSql.class);

    /** So many clients' requests, as a list reads them at once. */
    private static final String LISTED = "int4, uuid" + ", int4, uuid".repeat(49);

    /** What is counted in a partition: of all classes, then of each. */
    private static final String COUNTED =
            "int4[], bool[]"
                    + ", int8[]".repeat(5)
                    + ", int4[], int8[]"
                    + ", int4[]".repeat(3)
                    + (", int4[]" + ", int8[]".repeat(6)).repeat(Priority.ALL.size());

    private static final String PLACED = "int8[], int8[], int8[], bool[], int8[], int4[], int4[]";

    /** Types of parameters, where the server cannot tell them from the statement. */
    private static final Map<String, String> TYPES =
            Map.ofEntries(
                    Map.entry(
                            "ADD_ATTEMPTS",
                            "uuid, int8, int8, int8[], int8[], int4[], int8[], text[], int4[],"
                                    + " int4[], int4[], int4[]"),
                    Map.entry("ADD_CHARGES", "int8[], int4[], int8[]"),
                    Map.entry("ADD_DELIVERIES", "int8, int8, int8, uuid[], int4[], uuid[], text[]"),
                    Map.entry("ADD_JOBS", types(JobColumn.INSERT)),
                    Map.entry("ADD_KEYS", types(KeyRow.INSERT)),
                    Map.entry("ADD_LEDGERS", "text[]"),
                    Map.entry("ADD_MISSING_LEDGERS", "text[]"),
                    Map.entry("ADD_PENDING", "int4[]"),
                    Map.entry("ADD_REQUESTS", types(AskedRow.INSERT)),
                    Map.entry("ADD_PARTITIONS", "text[], int4[], text[]"),
                    Map.entry("ADD_UPSTREAMS", "text[], text[]"),
                    Map.entry("FIND_JOBS", "int8[], int8[]"),
                    Map.entry("FIRST_TRIES_IN", "int4[], int4[], int4"),
                    Map.entry("IDEMPOTENCY", "int4[], text[]"),
                    Map.entry("LANES_OF", "int4[], int4, bool, int2"),
                    Map.entry("LISTED_REQUESTS", LISTED),
                    Map.entry("LISTED_SIZES", LISTED),
                    Map.entry("REQUESTS", "int4[], uuid[]"),
                    Map.entry("REQUEST_BYTES", "int4[], uuid[]"),
                    Map.entry("SET_LEDGERS", "text[], text[]"),
                    Map.entry("UNDO_RUN_JOB", "int8, int8"),
                    Map.entry("WRITE_CACHED", "text[], int4[]"),
                    Map.entry(
                            "WRITE_LANES",
                            "int4[], bool[], int4[], int4[], int8[], int8[], int4[]"),
                    Map.entry("WRITE_PARTITIONS", COUNTED + "," + PLACED),
                    Map.entry("WRITE_PENDING", "int4[], int4[]"),
                    Map.entry("WRITE_PLACES", PLACED));

    private static String types(Insert<?> insert) {
        return insert.columns().stream()
                .map(column -> column.type() + "[]")
                .collect(Collectors.joining(", "));
    }

    /** How a statement begins that is no part of others and can be prepared. */
    private static final Pattern WHOLE =
            Pattern.compile("^\\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\\b");

    private static final Pattern INSERT =
            Pattern.compile("INSERT INTO (\\w+)\\s*\\(([^)]*)\\)", Pattern.CASE_INSENSITIVE);

    private static final String MUST_BE_GIVEN =
            """
            SELECT column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = ? AND is_nullable = 'NO'
                AND column_default IS NULL AND is_identity = 'NO'
            """;
    private static final String COLUMNS =
            """
            SELECT table_name || '.' || column_name || ' ' || data_type
                || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
            FROM information_schema.columns c JOIN information_schema.tables t
                USING (table_schema, table_name)
            WHERE table_schema = 'public' AND table_name <> 'flyway_schema_history'
            ORDER BY 1
            """;

    /** What may refuse a row: constraints and unique indexes, each with the columns it is about. */
    private static final String RULES =
            """
            SELECT * FROM (
                SELECT t.relname || ' ' || pg_get_constraintdef(c.oid) AS rule,
                    ARRAY(SELECT t.relname || '.' || a.attname FROM pg_attribute a
                        WHERE a.attrelid = t.oid AND a.attnum = ANY (c.conkey))::TEXT[] AS columns
                FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
                WHERE c.connamespace = 'public'::regnamespace AND c.contype <> 'n'
                UNION ALL
                SELECT pg_get_indexdef(i.indexrelid),
                    ARRAY(SELECT t.relname || '.' || a.attname FROM pg_attribute a
                        WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey::int2[]))::TEXT[]
                FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
                WHERE t.relnamespace = 'public'::regnamespace AND i.indisunique) AS r
            WHERE rule NOT LIKE '%flyway_schema_history%' ORDER BY 1
            """;

    @Test
    void thePreviousVersionGoesOnOnThisSchema() throws Exception {
        String url = PostgresServer.newDatabase();
        assertThat(broken(url)).isEmpty();
    }

    @Test
    void whatWouldBreakItIsFound() throws Exception {
        String url = PostgresServer.newDatabase();
        change(url, "ALTER TABLE job RENAME COLUMN turn TO place");
        assertThat(broken(url)).anyMatch(line -> line.startsWith("FIRST_TRIES"));
        change(url, "ALTER TABLE job RENAME COLUMN place TO turn");
        assertThat(broken(url)).isEmpty();
        change(url, "ALTER TABLE request ADD COLUMN colour TEXT NOT NULL");
        assertThat(broken(url)).anyMatch(line -> line.contains("ADD_REQUESTS"));
        change(url, "ALTER TABLE request ALTER COLUMN colour DROP NOT NULL");
        assertThat(broken(url)).isEmpty();
        change(url, "ALTER TABLE attempt ADD CHECK (number < 9)");
        assertThat(broken(url)).anyMatch(line -> line.contains("number < 9"));
    }

    /** Keeps this version's statements and rules; with a release. */
    @Test
    @EnabledIfSystemProperty(named = "holdfast.release", matches = ".+")
    void keepThisVersion() throws Exception {
        String url = PostgresServer.newDatabase();
        ObjectNode kept = JSON.createObjectNode();
        kept.put("version", System.getProperty("holdfast.release"));
        ObjectNode statements = kept.putObject("statements");
        for (Statement each : statements()) {
            statements.putObject(each.name()).put("types", each.types()).put("sql", each.sql());
        }
        try (Connection connection = PostgresServer.database(url).connect()) {
            list(connection, COLUMNS).forEach(kept.putArray("columns")::add);
            rules(connection).keySet().forEach(kept.putArray("rules")::add);
        }
        Files.createDirectories(SOURCE.getParent());
        Files.writeString(SOURCE, JSON.writeValueAsString(kept) + "\n");
    }

    /** What of the previous version does not work on this database, in words. */
    private static List<String> broken(String url) throws Exception {
        JsonNode previous = previous();
        List<String> broken = new ArrayList<>();
        try (Connection connection = PostgresServer.database(url).connect()) {
            for (Map.Entry<String, JsonNode> statement : previous.get("statements").properties()) {
                String sql = statement.getValue().path("sql").asText();
                String types = statement.getValue().path("types").asText();
                prepare(connection, new Statement(statement.getKey(), types, sql))
                        .map(e -> statement.getKey() + ": " + e)
                        .ifPresent(broken::add);
                missing(connection, sql).stream()
                        .map(column -> statement.getKey() + " does not give " + column)
                        .forEach(broken::add);
            }
            Set<String> columns = new HashSet<>(list(connection, COLUMNS));
            Set<String> known = new HashSet<>();
            for (JsonNode column : previous.get("columns")) {
                String text = column.asText();
                known.add(text.substring(0, text.indexOf(' ')));
                if (!columns.contains(text) && !columns.contains(text + " null")) {
                    broken.add("column " + text + " is gone or another");
                }
            }
            Set<String> rules = new HashSet<>();
            previous.get("rules").forEach(rule -> rules.add(rule.asText()));
            rules(connection)
                    .forEach(
                            (rule, about) -> {
                                if (!rules.contains(rule)
                                        && about.stream().anyMatch(known::contains)) {
                                    broken.add("a new rule on what it writes: " + rule);
                                }
                            });
        }
        return broken;
    }

    /** The server's complaint, if it does not take the statement. */
    private static Optional<String> prepare(Connection connection, Statement previous) {
        try (var statement = connection.createStatement()) {
            // The server parses it and looks up all tables, columns and types.
            statement.execute(previous.prepare("previous"));
            statement.execute("DEALLOCATE previous");
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Columns that an INSERT must give and does not. */
    private static Set<String> missing(Connection connection, String sql) throws SQLException {
        Matcher insert = INSERT.matcher(sql);
        if (!insert.find()) {
            return Set.of();
        }
        Set<String> missing = new HashSet<>();
        try (PreparedStatement statement = connection.prepareStatement(MUST_BE_GIVEN)) {
            statement.setString(1, insert.group(1));
            var rows = statement.executeQuery();
            while (rows.next()) {
                missing.add(rows.getString(1));
            }
        }
        for (String given : insert.group(2).split(",", -1)) {
            missing.remove(given.strip());
        }
        return missing;
    }

    private static List<String> list(Connection connection, String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            var rows = statement.executeQuery();
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    private static Map<String, List<String>> rules(Connection connection) throws SQLException {
        Map<String, List<String>> found = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(RULES)) {
            var rows = statement.executeQuery();
            while (rows.next()) {
                found.put(rows.getString(1), List.of((String[]) rows.getArray(2).getArray()));
            }
        }
        return found;
    }

    private static JsonNode previous() throws IOException {
        try (InputStream in = PreviousVersionTest.class.getResourceAsStream(FILE)) {
            return JSON.readTree(in);
        }
    }

    private static String text(Field field) throws IllegalAccessException {
        field.setAccessible(true);
        return (String) field.get(null);
    }

    /** All statements of this version by name. */
    static List<Statement> statements() throws IllegalAccessException {
        List<Statement> statements = new ArrayList<>();
        for (Class<?> each : STATEMENTS) {
            addAll(each, "", statements);
        }
        for (Class<?> each : BULK) {
            addAll(each, each.getSimpleName() + ".", statements);
        }
        statements.sort(Comparator.comparing(Statement::name));
        return statements;
    }

    private static void addAll(Class<?> of, String prefix, List<Statement> statements)
            throws IllegalAccessException {
        for (Field field : of.getDeclaredFields()) {
            // What is private is a part of others.
            if (field.getType() == String.class && !Modifier.isPrivate(field.getModifiers())) {
                String name = prefix + field.getName();
                String types = TYPES.getOrDefault(name, "");
                Statement statement = new Statement(name, types, text(field));
                if (WHOLE.matcher(statement.sql()).find() && !statement.sql().contains("%s")) {
                    statements.add(statement);
                }
            }
        }
    }

    /**
     * A statement by its name.
     *
     * @param types of its parameters, where the server cannot tell them
     */
    record Statement(String name, String types, String sql) {
        int parameters() {
            return (int) sql.chars().filter(c -> c == '?').count();
        }

        /** The statement that has the server keep it under this name. */
        String prepare(String as) {
            StringBuilder text = new StringBuilder("PREPARE " + as + " ");
            text.append(types.isEmpty() ? "" : "(" + types + ")").append(" AS ");
            String[] parts = sql.split("\\?", -1);
            for (int i = 0; i < parts.length; i++) {
                text.append(i == 0 ? "" : "$" + i).append(parts[i]);
            }
            return text.toString();
        }
    }

    private static void change(String url, String statement) throws SQLException {
        try (Connection connection = PostgresServer.database(url).connect();
                var change = connection.createStatement()) {
            change.execute(statement);
        }
    }
}
