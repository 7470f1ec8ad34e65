package dev.holdfast.gateway;

import static dev.holdfast.gateway.Rig.json;
import static dev.holdfast.gateway.Rig.problem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An admin's lists are all clients', and say whose; a client's are its own. */
class AdminListsTest {
    private static final String HOOK = "&webhook_url=https://example.com/hook?token=t";

    @TempDir private Path folder;
    private Rig rig;

    @BeforeEach
    void askForTwoClients() {
        rig = new Rig(folder, Rig.Figures.FREE);
        rig.get("/crypto/sign?message=a" + HOOK, "alice");
        rig.get("/crypto/sign?message=b" + HOOK, "bob");
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @Test
    void requestsAreAllClientsOrOnes() {
        assertThat(clients("/v1/requests", "ops")).containsExactly("bob", "alice");
        assertThat(clients("/v1/requests?client=alice", "ops")).containsExactly("alice");
        assertThat(clients("/v1/requests", "bob")).containsExactly("");
        assertThat(problem(rig.get("/v1/requests?client=nobody", "ops")))
                .isEqualTo("400 invalid-request");
        assertThat(problem(rig.get("/v1/requests?client=alice", "bob")))
                .isEqualTo("400 invalid-request");
    }

    @Test
    void aRequestSaysWhoseItIs() {
        JsonNode all = json(rig.get("/v1/requests", "ops"));
        String path = "/v1/requests/" + all.at("/requests/1/id").asText();

        assertThat(json(rig.get(path, "ops")).path("client").asText()).isEqualTo("alice");
        assertThat(json(rig.get(path, "alice")).has("client")).isFalse();
        assertThat(problem(rig.get(path, "bob"))).isEqualTo("404 not-found");
    }

    @Test
    void deliveriesAreAllClientsOrOnesWithoutTheirSecrets() {
        assertThat(clients("/v1/deliveries", "ops")).containsExactly("bob", "alice");
        assertThat(clients("/v1/deliveries?client=bob", "ops")).containsExactly("bob");
        assertThat(clients("/v1/deliveries", "alice")).containsExactly("");
        assertThat(rig.get("/v1/deliveries?client=bob", "ops").body()).doesNotContain("token");
        assertThat(problem(rig.get("/v1/deliveries?client=alice", "alice")))
                .isEqualTo("400 invalid-request");
    }

    /** The clients of the rows, empty where a row does not say. */
    private List<String> clients(String path, String who) {
        List<String> clients = new ArrayList<>();
        JsonNode rows = json(rig.get(path, who)).elements().next();
        rows.forEach(row -> clients.add(row.path("client").asText("")));
        return clients;
    }
}
