package dev.holdfast.gateway.ports;

import java.time.Duration;
import java.util.List;

/** Makes a client's new webhook secret, which signs from then on. */
@FunctionalInterface
public interface SecretRotation {
    /**
     * Makes it; blocks on the store.
     *
     * @param overlap how long the old one signs beside it
     * @return the secrets as written, the current one first
     */
    List<String> rotate(int client, Duration overlap);
}
