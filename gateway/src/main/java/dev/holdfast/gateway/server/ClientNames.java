package dev.holdfast.gateway.server;

import dev.holdfast.http.Mistakes;
import dev.holdfast.store.Viewer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What clients are called, for those who see more than their own. */
public final class ClientNames {
    private final Map<Integer, String> byNumber;
    private final Map<String, Integer> numbers = new HashMap<>();

    /**
     * @param byNumber the name of every client there ever was
     */
    public ClientNames(Map<Integer, String> byNumber) {
        this.byNumber = Map.copyOf(byNumber);
        byNumber.forEach((number, name) -> numbers.put(name, number));
    }

    /** A client's name, or its number where the name is not known yet. */
    public String of(int client) {
        return byNumber.getOrDefault(client, "#" + client);
    }

    /** The number of a client of this name, or null. */
    public @Nullable Integer number(String name) {
        return numbers.get(name);
    }

    /** A client's name if the viewer sees all clients, else null: its own goes without saying. */
    public @Nullable String shownTo(Viewer viewer, int client) {
        return viewer.all() ? of(client) : null;
    }

    /** What the query leaves in the viewer's reach: an admin may name one client. */
    public Viewer narrowed(Viewer viewer, Filters filters, Mistakes mistakes) {
        String name = filters.text("client");
        if (name == null) {
            return viewer;
        }
        if (!viewer.all()) {
            mistakes.add("client", "is for the keys of admin clients");
            return viewer;
        }
        Integer number = number(name);
        if (number != null) {
            return new Viewer(number, false);
        }
        mistakes.add("client", "is the name of no client");
        return viewer;
    }
}
