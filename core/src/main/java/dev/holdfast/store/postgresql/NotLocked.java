package dev.holdfast.store.postgresql;

import java.sql.SQLException;
import java.util.List;

/** What is to be changed hangs on upstreams that are not locked. */
final class NotLocked extends SQLException {
    private static final long serialVersionUID = 1L;
    private static final String STATE = "HF002";

    private final transient List<String> upstreams;

    /**
     * @param upstreams that are to be locked as a whole, beside those that were
     */
    NotLocked(List<String> upstreams) {
        super("what is to be changed is not locked", STATE);
        this.upstreams = upstreams;
    }

    List<String> upstreams() {
        return upstreams;
    }
}
