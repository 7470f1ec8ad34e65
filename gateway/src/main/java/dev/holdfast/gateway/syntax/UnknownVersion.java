package dev.holdfast.gateway.syntax;

/** A request of a version of HTTP that is not read here (RFC 9110, section 15.6.6). */
public final class UnknownVersion extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnknownVersion() {
        super("neither HTTP/1.1 nor HTTP/1.0", null, false, false);
    }
}
