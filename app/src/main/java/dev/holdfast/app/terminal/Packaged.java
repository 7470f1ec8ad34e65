package dev.holdfast.app.terminal;

/**
 * What Maven wrote into the jar. Apart from the command line, since no class of its library can be
 * in an AOT cache, nor can what names one.
 */
public final class Packaged {
    private Packaged() {}

    /** The name and the version, for people. */
    public static String version() {
        String version = Packaged.class.getPackage().getImplementationVersion();
        return "holdfast " + (version == null ? "(not packaged)" : version);
    }
}
