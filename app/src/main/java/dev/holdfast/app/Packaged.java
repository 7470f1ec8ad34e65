package dev.holdfast.app;

/**
 * What Maven wrote into the jar. Apart from the command line, since no class of its library can be
 * in an AOT cache, nor can what names one.
 */
final class Packaged {
    private Packaged() {}

    /** The name and the version, for people. */
    static String version() {
        String version = Packaged.class.getPackage().getImplementationVersion();
        return "holdfast " + (version == null ? "(not packaged)" : version);
    }
}
