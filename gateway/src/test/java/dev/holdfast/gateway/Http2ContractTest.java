package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that is described, over HTTP/2. */
class Http2ContractTest extends ContractTest {
    @Override
    Rig rig(Path folder) {
        return Rig.http2(folder, Rig.Figures.FREE);
    }

    @Test
    void headHasTheHeadersOfGetAndNoBody(@TempDir Path folder) {
        try (Rig rig = rig(folder)) {
            String[] paths = {
                "/livez", "/openapi.yaml", "/swagger", "/console", "/console/none", "/none", "/"
            };
            for (String path : paths) {
                HttpResponse<String> head = rig.call("HEAD", path, "alice");
                HttpResponse<String> get = rig.get(path, "alice");

                assertThat(head.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(head.statusCode()).as(path).isEqualTo(get.statusCode());
                assertThat(head.body()).isEmpty();
                assertThat(head.headers().firstValue("content-type"))
                        .isEqualTo(get.headers().firstValue("content-type"));
            }
            for (String path : List.of("/crypto/sign?message=m", "/v1/upstreams", "/metrics")) {
                assertThat(rig.call("HEAD", path, "alice").body()).isEmpty();
            }
        }
    }
}
