package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry traces.
 *
 * @param endpoint where spans are posted (OTLP over HTTP), or null for none
 * @param headers sent along, such as a collector's key
 * @param sample share of traces that begin here and are recorded, 0 to 1
 * @param serviceName what they are filed under
 */
public record TracingSettings(
        @Nullable URI endpoint, Map<String, String> headers, double sample, String serviceName) {
    public TracingSettings {
        headers = Map.copyOf(headers);
    }

    static TracingSettings read(Section s) {
        return new TracingSettings(
                s.field(
                                "endpoint",
                                "where traces are posted as OTLP over HTTP, such as"
                                        + " `http://127.0.0.1:4318/v1/traces`; empty: no traces")
                        .optionalUri("http", "https"),
                s.secrets("headers", "a header sent along, such as a collector's key"),
                s.field(
                                "sample",
                                "share of the traces that begin here and are recorded; of others"
                                        + " their beginner decides")
                        .orElse("1")
                        .decimal(0, 1),
                s.field("service-name", "what the traces are filed under")
                        .orElse("holdfast")
                        .text());
    }

    /** Never shows the headers. */
    @Override
    public String toString() {
        return "TracingSettings[endpoint=" + endpoint + ", sample=" + sample + "]";
    }
}
