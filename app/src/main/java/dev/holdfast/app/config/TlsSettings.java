package dev.holdfast.app.config;

import dev.holdfast.app.yaml.Section;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards others, as paths of PEM files.
 *
 * @param ca certificates of authorities that are trusted beside the usual ones, or null
 * @param certificate the certificate we show, or null
 * @param key its private key, or null
 */
public record TlsSettings(@Nullable String ca, @Nullable String certificate, @Nullable String key) {

    static TlsSettings read(Section s) {
        TlsSettings tls =
                new TlsSettings(
                        s.field(
                                        "ca",
                                        "PEM file of authorities of one's own that are trusted beside"
                                                + " the usual ones")
                                .shown()
                                .optionalText(),
                        s.field(
                                        "cert",
                                        "PEM file of the certificate that is shown to the other side")
                                .shown()
                                .optionalText(),
                        s.field("key", "PEM file of that certificate's private key")
                                .shown()
                                .optionalText());
        if ((tls.certificate == null) != (tls.key == null)) {
            s.mistake(tls.certificate == null ? "cert" : "key", "is missing; they go together");
        }
        return tls;
    }
}
