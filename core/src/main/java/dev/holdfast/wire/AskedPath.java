package dev.holdfast.wire;

/**
 * Where something was asked: the path of ours, and what stands before it where the caller is.
 *
 * @param base what its links begin with
 * @param path the path without it; empty where the request was too broken to have one
 */
public record AskedPath(BasePath base, String path) {
    /** The same as the caller asked it. */
    public String outside() {
        return base.outside(path);
    }
}
