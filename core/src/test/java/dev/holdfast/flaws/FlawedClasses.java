package dev.holdfast.flaws;

import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Compiles flawed sources against the classes that are built already. */
final class FlawedClasses {
    private final JavaCompiler compiler =
            Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "tests run on a JDK");
    private final String classPath;

    FlawedClasses(String classPath) {
        this.classPath = classPath;
    }

    /**
     * Writes the classes into a folder.
     *
     * @throws IllegalArgumentException with the compiler's words if it refuses
     */
    void compile(Flaw flaw, List<Sources.Flawed> sources, Path into) {
        List<JavaFileObject> texts = new ArrayList<>();
        sources.forEach(source -> texts.add(new Text(source)));
        StringWriter words = new StringWriter();
        List<String> options =
                List.of(
                        "-proc:none",
                        "-implicit:none",
                        "-parameters",
                        "-nowarn",
                        "-Xlint:none",
                        "-cp",
                        classPath,
                        "-d",
                        into.toString());
        if (!compiler.getTask(words, null, null, options, null, texts).call()) {
            throw new IllegalArgumentException(
                    "the flaw \"" + flaw.name() + "\" does not compile: " + words);
        }
    }

    /** A source file that is only in memory. */
    private static final class Text extends SimpleJavaFileObject {
        private final String text;

        Text(Sources.Flawed source) {
            super(source.file().toUri(), JavaFileObject.Kind.SOURCE);
            text = source.text();
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
