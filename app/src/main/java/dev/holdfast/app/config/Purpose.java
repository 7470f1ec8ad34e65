package dev.holdfast.app.config;

import dev.holdfast.app.yaml.KeyPath;

/** What a configuration is read for: a command is not refused for a secret it does not use. */
public enum Purpose {
    /** Everything is used: {@code serve}, {@code check-config}. */
    GATEWAY,
    /** The converter alone: {@code rates}. */
    CONVERTER,
    /** Only the store: {@code keys}. */
    STORE;

    boolean uses(KeyPath path) {
        return switch (this) {
            case GATEWAY -> true;
            case CONVERTER ->
                    switch (path.top()) {
                        case "upstreams", "routes", "webhooks" -> false;
                        default -> true;
                    };
            case STORE -> path.top().equals("store");
        };
    }
}
