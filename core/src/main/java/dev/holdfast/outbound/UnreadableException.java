package dev.holdfast.outbound;

import dev.holdfast.request.Outcome;

/** An answer's bytes cannot be made into what is wanted; the message says why. */
final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1;

    private final Outcome.Unusable.Kind kind;

    UnreadableException(Outcome.Unusable.Kind kind, String why) {
        super(why, null, false, false);
        this.kind = kind;
    }

    static UnreadableException notJson() {
        return new UnreadableException(Outcome.Unusable.Kind.UNREADABLE, "it is not JSON");
    }

    Outcome.Unusable outcome(int status) {
        return new Outcome.Unusable(kind, status, String.valueOf(getMessage()));
    }
}
