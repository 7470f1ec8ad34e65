package dev.holdfast.bench.store;

import com.github.f4b6a3.uuid.UuidCreator;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * The same as {@link RawRows} on PostgreSQL, in a database that has the store's tables: each column
 * of all asks an array, both statements and their commit one way to the server and back.
 */
final class PostgresRawRows implements BareRows {
    private static final String ROWS =
            """
            INSERT INTO job (id, upstream, route, client, request, key_high, key_low, params,
                status, turn, repeatable, created, cache_ttl, interest)
            SELECT id, 1, '/crypto/sign', 1, request, high, low, params,
                'queued', id, true, id * 100, 2592000000000, 1
            FROM unnest(?::int8[], ?::uuid[], ?::int8[], ?::int8[], ?::text[])
                AS asked (id, request, high, low, params);
            INSERT INTO request (client, id, job)
            SELECT 1, request, id FROM unnest(?::int8[], ?::uuid[]) AS asked (id, request)
            """;

    private final RandomGenerator random = RandomGenerator.getDefault();
    private final Connection connection;
    private final PreparedStatement rows;
    private long number;

    /**
     * @param jdbc of a database whose jobs are none of a gateway's
     */
    PostgresRawRows(String jdbc) throws SQLException {
        // Each message is a transaction of its own.
        connection = DriverManager.getConnection(jdbc);
        rows = connection.prepareStatement(ROWS);
    }

    @Override
    public void write(List<String> params) throws SQLException {
        List<Long> numbers = new ArrayList<>();
        List<UUID> ids = new ArrayList<>();
        List<Long> high = new ArrayList<>();
        List<Long> low = new ArrayList<>();
        for (int i = 0; i < params.size(); i++) {
            numbers.add(++number);
            ids.add(UuidCreator.getTimeOrderedEpoch());
            high.add(random.nextLong());
            low.add(random.nextLong());
        }
        set(1, "int8", numbers);
        set(2, "uuid", ids);
        set(3, "int8", high);
        set(4, "int8", low);
        set(5, "text", params);
        set(6, "int8", numbers);
        set(7, "uuid", ids);
        rows.execute();
    }

    private void set(int index, String type, List<?> values) throws SQLException {
        rows.setArray(index, connection.createArrayOf(type, values.toArray()));
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
