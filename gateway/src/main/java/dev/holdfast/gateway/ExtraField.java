package dev.holdfast.gateway;

import org.jspecify.annotations.Nullable;

/** What an ask may say beside its route's parameters, by every name it is read as. */
enum ExtraField {
    WEBHOOK_URL("webhook_url"),
    WEBHOOK_HEADERS("webhook_headers"),
    CLIENT_REQUEST_ID("client_request_id"),
    EXPIRES_IN("expires_in"),
    PRIORITY("priority"),
    NOT_BEFORE("not_before");

    private final String wire;

    ExtraField(String wire) {
        this.wire = wire;
    }

    /** The name it is documented by. */
    String wire() {
        return wire;
    }

    /** The field of this name or alias, or null. */
    static @Nullable ExtraField named(String name) {
        return switch (name) {
            case "webhook_url", "callback_url", "webhookUrl" -> WEBHOOK_URL;
            case "webhook_headers" -> WEBHOOK_HEADERS;
            case "client_request_id", "clientRequestId" -> CLIENT_REQUEST_ID;
            case "expires_in" -> EXPIRES_IN;
            case "priority" -> PRIORITY;
            case "not_before" -> NOT_BEFORE;
            default -> null;
        };
    }
}
