package dev.holdfast.outbound.http;

/** What came cannot be an answer of HTTP/1.1; the message says why, without the bytes. */
public final class NotHttpException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotHttpException(String why) {
        super(why, null, false, false);
    }
}
