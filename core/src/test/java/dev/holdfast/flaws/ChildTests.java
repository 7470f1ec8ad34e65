package dev.holdfast.flaws;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs tests in a process of their own: the file to write what came of them to, then {@code Class}
 * or {@code Class#method} of each. Exit status 0: all passed; 3: one failed; 2: none was there, or
 * the classes do not fit together; 1, as of any Java program: it broke off.
 */
final class ChildTests {
    static final int PASSED = 0;
    static final int FAILED = 3;
    static final int NOT_RUN = 2;

    /** Of a failure, in characters; the rest tells nothing more. */
    private static final int MAX_WORDS = 600;

    private ChildTests() {}

    static void main(String[] args) throws IOException {
        Set<String> wanted = new TreeSet<>(Arrays.asList(args).subList(1, args.length));
        SummaryGeneratingListener seen = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request(wanted), seen);
        TestExecutionSummary summary = seen.getSummary();
        List<String> words = new ArrayList<>();
        boolean linked = true;
        for (TestExecutionSummary.Failure failure : summary.getFailures()) {
            linked &= !unlinked(failure.getException());
            words.add(words(failure));
        }
        boolean ran = linked && summary.getTestsFoundCount() > 0;
        if (summary.getTestsFoundCount() == 0) {
            words.add("no such test: " + wanted);
        } else if (summary.getTestsSkippedCount() + summary.getTestsAbortedCount() > 0) {
            ran = false;
            words.add("a test was skipped");
        }
        Files.write(Path.of(args[0]), words);
        // Threads that a flawed test left behind do not keep the process.
        System.exit(!ran ? NOT_RUN : summary.getFailures().isEmpty() ? PASSED : FAILED);
    }

    private static LauncherDiscoveryRequest request(Set<String> wanted) {
        LauncherDiscoveryRequestBuilder request = LauncherDiscoveryRequestBuilder.request();
        Set<String> classes = new TreeSet<>();
        wanted.forEach(test -> classes.add(test.split("#", 2)[0]));
        classes.forEach(name -> request.selectors(selectClass(name)));
        PostDiscoveryFilter named = test -> FilterResult.includedIf(isWanted(test, wanted));
        return request.filters(named).build();
    }

    private static boolean isWanted(TestDescriptor test, Set<String> wanted) {
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(MethodSource.class::cast)
                .map(
                        method ->
                                wanted.contains(method.getClassName())
                                        || wanted.contains(
                                                method.getClassName()
                                                        + "#"
                                                        + method.getMethodName()))
                .orElse(true);
    }

    /** A class that does not fit the others is no flaw that a test found. */
    private static boolean unlinked(Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof IncompatibleClassChangeError
                    || at instanceof NoClassDefFoundError
                    || at instanceof VerifyError) {
                return true;
            }
        }
        return false;
    }

    private static String words(TestExecutionSummary.Failure failure) {
        StringBuilder words = new StringBuilder(failure.getTestIdentifier().getDisplayName());
        for (Throwable at = failure.getException(); at != null; at = at.getCause()) {
            words.append(": ").append(at);
        }
        String all = words.toString().replaceAll("\\s+", " ");
        return all.length() > MAX_WORDS ? all.substring(0, MAX_WORDS) : all;
    }
}
