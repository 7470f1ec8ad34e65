package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.app.config.Configuration;
import dev.holdfast.app.config.Purpose;
import dev.holdfast.app.serve.Serve;
import dev.holdfast.app.yaml.Variables;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * The OpenAPI document of a gateway that runs, by a published validator, which holds it against
 * OpenAPI's own schema.
 */
@Timeout(240)
class OpenApiDocumentTest {
    private static final String VALIDATOR =
            "node_modules/@seriousme/openapi-schema-validator/bin/validate-api-cli.js";

    @TempDir private Path folder;

    @Test
    void itDescribesTheRoutesThatAreConfiguredAndIsOpenApi() throws Exception {
        String document =
                document(
                        """
                        routes:
                          - path: /things
                            methods: [GET, PUT, DELETE]
                            upstream: synthesia
                            call: { path: /v1/things }
                            params:
                              n: { type: integer }
                              all: { type: object, required: false }
                              some: { type: array, required: false }
                              name: { required: false, max-bytes: 12 }
                              what: { type: any, required: false }
                            result: { field: thing, from: json }
                          - path: /there
                            upstream: synthesia
                            call: { path: /v1/there }
                            done-on: [200, 404]
                            result: { field: there, from: status, values: { 200: true, 404: false } }
                          - path: /file
                            upstream: synthesia
                            call: { path: /v1/file }
                            result: { field: file, from: bytes }
                          - path: /any/{kind}/{rest...}
                            methods: [GET, PUT]
                            upstream: synthesia
                            pass: { path: "/{kind}/{rest}" }
                        """);

        JsonNode read = new ObjectMapper().valueToTree(new Yaml().load(document));
        JsonNode things = read.at("/paths/~1things");
        assertThat(things.fieldNames()).toIterable().containsExactly("delete", "get", "put");
        assertThat(things.at("/get/parameters/0/schema/type").asText()).isEqualTo("integer");
        assertThat(things.at("/get/parameters/0/required").asBoolean()).isTrue();
        assertThat(things.at("/get/parameters/3/schema/maxLength").asInt()).isEqualTo(12);
        JsonNode body = things.at("/put/requestBody/content/application~1json/schema");
        assertThat(body.at("/required").toString()).isEqualTo("[\"n\"]");
        assertThat(body.at("/properties/all/type").asText()).isEqualTo("object");
        assertThat(body.at("/properties/what").toString()).isEqualTo("{}");
        String result = "/responses/200/content/application~1json/schema/properties/";
        assertThat(things.at("/get" + result + "thing").isObject()).isTrue();
        assertThat(read.at("/paths/~1there/get" + result + "there/enum").toString())
                .isEqualTo("[false,true,null]");
        JsonNode any = read.at("/paths/~1any~1{kind}~1{rest}/put");
        assertThat(any.at("/parameters/0/name").asText()).isEqualTo("kind");
        assertThat(any.at("/parameters/1/name").asText()).isEqualTo("rest");
        assertThat(any.at("/requestBody/content/*~1*").isObject()).isTrue();
        assertThat(read.at("/paths").has("/crypto/sign")).isFalse();
        assertThat(read.at("/paths").has("/v1/requests/{id}")).isTrue();
        assertThat(complaints(document)).contains("\"valid\": true");
        // So that a validator that finds nothing is found.
        assertThat(complaints(document.replace("\"operationId\"", "\"operationld\"")))
                .contains("\"valid\": false");
    }

    @Test
    void theDefaultConfigurationsIsOpenApiToo() throws Exception {
        String document = document("");

        assertThat(document).contains("\"/crypto/sign\": {", "\"/crypto/verify\": {");
        assertThat(complaints(document)).contains("\"valid\": true");
    }

    private static String complaints(String document) throws Exception {
        NpmTool npm = new NpmTool("openapi");
        Path file = Files.createTempFile(npm.folder(), "openapi", ".yaml");
        Files.writeString(file, document);
        return npm.node(Map.of(), VALIDATOR, file.getFileName().toString()).out();
    }

    private String document(String routes) throws Exception {
        String yaml =
                """
                server: { port: 0 }
                store: { url: "sqlite:%s" }
                upstreams: { synthesia: { url: "http://127.0.0.1:1", headers: {} } }
                %s
                """
                        .formatted(folder.resolve("holdfast.db"), routes);
        Configuration configuration =
                Configuration.parse(
                        "test", yaml, Variables.of(Map.of()), Purpose.GATEWAY, store -> false);
        try (Serve serve = Serve.start(configuration.settings());
                HttpClient client = HttpClient.newHttpClient()) {
            var get = HttpRequest.newBuilder(serve.uri().resolve("/openapi.yaml")).build();
            return client.send(get, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
