package dev.holdfast.outbound;

/** The parameters cannot be put into the call; the message says why, without their values. */
final class UnsendableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnsendableException(String why) {
        super(why, null, false, false);
    }

    String why() {
        return String.valueOf(getMessage());
    }
}
