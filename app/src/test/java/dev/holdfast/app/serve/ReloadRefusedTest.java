package dev.holdfast.app.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.config.Settings;
import dev.holdfast.app.terminal.Failure;
import dev.holdfast.app.yaml.Variables;
import dev.holdfast.engine.RoutePolicy;
import dev.holdfast.gateway.server.RouteTable;
import dev.holdfast.store.Clients;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreUnavailable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A reload on a store that fails, or finds something owed, at each of its steps. */
@Timeout(120)
class ReloadRefusedTest {
    private static final String SOURCE = "/etc/holdfast.yaml";

    @TempDir Path folder;
    private final Shutdown end = new Shutdown();

    /** What was called of the store's methods that a reload calls, in order. */
    private final List<String> called = new CopyOnWriteArrayList<>();

    /** What stands in the place of a method, by its name and how often it was called. */
    private final Map<String, UnaryOperator<Object>> instead = new java.util.HashMap<>();

    private Clients stored;
    private StoreStage store;
    private EngineStage engine;
    private GatewayStage gateway;
    private Reload reload;

    @BeforeEach
    void start() throws Exception {
        Settings settings = settings("ops", "/old", 10);
        StoreStage real = StoreStage.open(settings, EventLoops.opening(), end);
        stored = real.store().clients();
        // Made by `keys create`; the configuration is to take over its name.
        stored.put("shop", "0".repeat(64), false, 100);
        store =
                new StoreStage(
                        real.seen(),
                        around(Store.class, real.store()),
                        real.vertx(),
                        new ConfiguredClients(around(Clients.class, stored), settings.clients()));
        engine = EngineStage.open(settings, store, false, end);
        gateway = GatewayStage.open(settings, store, engine, end);
        reload = new Reload(store, engine, gateway.gateway());
        called.clear();
    }

    @AfterEach
    void stop() {
        end.close();
    }

    private <T> T around(Class<T> type, T real) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, args) -> {
                            try {
                                called.add(method.getName());
                                Object answer = method.invoke(real, args);
                                String nth = method.getName() + " " + count(method.getName());
                                return instead.getOrDefault(nth, all -> all).apply(answer);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }));
    }

    private synchronized long count(String method) {
        return called.stream().filter(method::equals).count();
    }

    private Settings settings(String client, String route, int limit) throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                clients: [ { name: %s, key: client-key-0123456789abcdef, admin: true, max-pending: %d } ]
                upstreams:
                  one:
                    url: "http://127.0.0.1:1"
                    headers: { Authorization: "%s" }
                    quota: [ { limit: 10, window: "%ds" } ]
                routes:
                  - path: %s
                    upstream: one
                    call: { method: GET, path: /x, query: { message: "{message}" } }
                    params: { message: { required: true } }
                    result: { field: answer, from: text }
                """
                        .formatted(
                                folder.resolve("holdfast.db"), client, limit, route, limit, route);
        return Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false)
                .settings();
    }

    private static Object fails(Object answer) {
        throw new StoreUnavailable("as told", null);
    }

    private static Object owes(Object answer) {
        return List.of(new Store.Unfinished("one", "/old", 1));
    }

    /** Tries one that takes another client in, and is refused; nothing is as if it had been. */
    private void refused(String why) throws Exception {
        List<Clients.ClientRecord> before = stored.list();
        RouteTable table = gateway.gateway().table();

        Settings next = settings("shop", "/new", 20);
        assertThatThrownBy(() -> reload.to(next, SOURCE))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(why);

        assertThat(stored.list()).isEqualTo(before);
        assertThat(stored.acts(10, Long.MAX_VALUE)).isEmpty();
        assertThat(called).doesNotContain("put", "bound");
        assertThat(gateway.gateway().table()).isSameAs(table);
        assertThat(engine.engine().routes()).extracting(RoutePolicy::path).containsExactly("/old");
    }

    @Test
    void aStoreThatCannotTellUpstreamsApartHasNothingWritten() throws Exception {
        instead.put("identify 1", ReloadRefusedTest::fails);
        refused("the store cannot be used");
    }

    @Test
    void whatIsOwedBeforeOrAfterTheNewPathsAreShownHasNothingWritten() throws Exception {
        instead.put("unfinished 1", ReloadRefusedTest::owes);
        instead.put("unfinished 3", ReloadRefusedTest::owes);
        refused("/old");
        refused("/old");
        assertThat(called).doesNotContain("identify");
    }

    @Test
    void whatWasRetriedWhileTheEngineTookItIsFoundAndAllIsTakenBack() throws Exception {
        instead.put("unfinished 3", ReloadRefusedTest::owes);
        refused("/old");
        assertThat(count("identify")).as("to and fro").isEqualTo(2);
    }

    @Test
    void whereItCannotBeTakenBackAllOfItIsInForce() throws Exception {
        instead.put("unfinished 3", ReloadRefusedTest::owes);
        instead.put("identify 2", ReloadRefusedTest::fails);

        reload.to(settings("shop", "/new", 20), SOURCE);

        inForce();
    }

    @Test
    void clientsThatCannotBeWrittenAreOnceTheStoreCan() throws Exception {
        instead.put("put 1", ReloadRefusedTest::fails);

        reload.to(settings("shop", "/new", 20), SOURCE);

        inForce();
    }

    private void inForce() {
        assertThat(engine.engine().routes()).extracting(RoutePolicy::path).containsExactly("/new");
        assertThat(called).contains("bound");
        assertThat(store.clients().list())
                .filteredOn(Clients.ClientRecord::keyed)
                .extracting(Clients.ClientRecord::name, Clients.ClientRecord::maxPending)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("shop", 20));
        assertThat(stored.list())
                .filteredOn(client -> client.name().equals("shop"))
                .singleElement()
                .satisfies(
                        client -> {
                            assertThat(client.keyed()).isFalse();
                            assertThat(client.maxPending()).isEqualTo(20);
                        });
    }
}
