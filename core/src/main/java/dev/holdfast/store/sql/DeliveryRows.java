package dev.holdfast.store.sql;

import dev.holdfast.store.Deliveries;
import dev.holdfast.store.Deliveries.DeliveryRecord;
import dev.holdfast.store.Deliveries.State;
import dev.holdfast.store.Deliveries.TryRecord;
import dev.holdfast.store.Viewer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads deliveries and their logs from their rows; the same in every dialect. */
public final class DeliveryRows {
    private DeliveryRows() {}

    /**
     * What to list; null fields match everything.
     *
     * @param before only deliveries with a smaller id, for paging
     */
    public record Filter(
            @Nullable UUID request, @Nullable State state, int limit, @Nullable UUID before) {}

    /** Whose a delivery is, and where it stands. */
    public record Owner(int client, State state) {
        public boolean inReachOf(Viewer viewer) {
            return viewer.all() || viewer.client() == client;
        }
    }

    /** One that was looked at. */
    private record Found(UUID id, boolean wanted) {}

    /** Deliveries in the viewer's reach, newest first, as {@link RequestListing} does it. */
    public static Deliveries.Page page(Session sql, Viewer viewer, Filter filter)
            throws SQLException {
        List<UUID> found = new ArrayList<>();
        UUID before = filter.before();
        int chunk = filter.state() == null ? filter.limit() + 1 : RequestListing.CHUNK;
        int looked = 0;
        boolean more = true;
        while (more && found.size() <= filter.limit() && looked < RequestListing.MAX_LOOKED_AT) {
            List<Found> rows = look(sql, viewer, filter, before, chunk);
            looked += rows.size();
            more = rows.size() == chunk;
            rows.stream().filter(Found::wanted).map(Found::id).forEach(found::add);
            before = rows.isEmpty() ? before : rows.getLast().id();
        }
        boolean full = found.size() > filter.limit();
        List<UUID> shown = full ? found.subList(0, filter.limit()) : found;
        List<DeliveryRecord> page = new ArrayList<>();
        for (UUID id : shown) {
            DeliveryRecord delivery = sql.first(CommonSql.DELIVERY, DeliveryRows::record, id);
            if (delivery != null) {
                page.add(delivery);
            }
        }
        return new Deliveries.Page(page, full ? shown.getLast() : more ? before : null);
    }

    private static List<Found> look(
            Session sql, Viewer viewer, Filter filter, @Nullable UUID before, int most)
            throws SQLException {
        StringBuilder text = new StringBuilder(CommonSql.DELIVERY_IDS);
        List<Object> values = new ArrayList<>();
        if (!viewer.all()) {
            text.append(" AND client = ?");
            values.add(viewer.client());
        }
        UUID request = filter.request();
        if (request != null) {
            text.append(" AND request = ?");
            values.add(request);
        }
        if (before != null) {
            text.append(" AND id < ?");
            values.add(before);
        }
        text.append(" ORDER BY id DESC LIMIT ?");
        values.add(most);
        State state = filter.state();
        return sql.list(
                text.toString(),
                row ->
                        new Found(
                                Session.uuid(row, 1),
                                state == null || state == state(Session.text(row, 2))),
                values.toArray());
    }

    /** The tries of a delivery in the viewer's reach. */
    public static List<TryRecord> tries(Session sql, Viewer viewer, UUID delivery)
            throws SQLException {
        Owner owner = owner(sql, delivery);
        return owner == null || !owner.inReachOf(viewer)
                ? List.of()
                : sql.list(CommonSql.TRIES, DeliveryRows::tried, delivery);
    }

    /** Whose a delivery is; null if there is none. */
    public static @Nullable Owner owner(Session sql, UUID delivery) throws SQLException {
        return sql.first(CommonSql.DELIVERY_OWNER, DeliveryRows::owner, delivery);
    }

    private static DeliveryRecord record(ResultSet row) throws SQLException {
        Long next = Session.longOrNull(row, 9);
        return new DeliveryRecord(
                Session.uuid(row, 1),
                Session.uuid(row, 2),
                row.getInt(3),
                type(Session.text(row, 4)),
                Session.text(row, 5),
                state(Session.text(row, 6)),
                row.getInt(7),
                Instant.ofEpochMilli(row.getLong(8)),
                next == null ? null : Instant.ofEpochMilli(next),
                Session.intOrNull(row, 10),
                Session.text(row, 11));
    }

    private static String type(String told) {
        return ("completed".equals(told) ? "batch." : "request.") + told;
    }

    private static TryRecord tried(ResultSet row) throws SQLException {
        return new TryRecord(
                row.getInt(1),
                Instant.ofEpochMilli(row.getLong(2)),
                Session.intOrNull(row, 3),
                Session.text(row, 4),
                Micros.duration(row.getLong(5)));
    }

    /** The columns {@code client} and {@code state}. */
    private static Owner owner(ResultSet row) throws SQLException {
        return new Owner(row.getInt(1), state(Session.text(row, 2)));
    }

    public static String wire(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    private static State state(String wire) {
        return State.valueOf(wire.toUpperCase(Locale.ROOT));
    }
}
