package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The console in a tab of its own. Closing it fails if the page broke, asked for anything outside
 * of the gateway, put a key in an address or violated its Content-Security-Policy.
 */
final class ConsolePage implements AutoCloseable {
    /** How long a test waits for what must come, in milliseconds. */
    static final double PATIENCE_MILLIS = 60_000;

    static final Path SCREENSHOTS = Path.of("target", "screenshots");

    /** The pictures in the README. */
    private static final Set<String> SHOWN =
            Set.of(
                    "upstreams",
                    "upstreams-dark",
                    "requests",
                    "request",
                    "deliveries",
                    "converter",
                    "upstreams-phone");

    final Page page;
    private final URI uri;
    private final BrowserContext context;
    private final List<String> wrong = new CopyOnWriteArrayList<>();

    /** How a tab looks. */
    record Looks(int width, int height, ColorScheme scheme, ReducedMotion motion) {
        static final Looks DESK =
                new Looks(1360, 860, ColorScheme.LIGHT, ReducedMotion.NO_PREFERENCE);

        Looks dark() {
            return new Looks(width, height, ColorScheme.DARK, motion);
        }

        Looks phone() {
            return new Looks(360, 780, scheme, motion);
        }

        Looks calm() {
            return new Looks(width, height, scheme, ReducedMotion.REDUCE);
        }
    }

    private ConsolePage(Browser browser, URI uri, Looks looks) {
        this.uri = uri;
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        context =
                browser.newContext(
                        new Browser.NewContextOptions()
                                .setViewportSize(looks.width(), looks.height())
                                .setColorScheme(looks.scheme())
                                .setReducedMotion(looks.motion()));
        context.setDefaultTimeout(PATIENCE_MILLIS);
        page = context.newPage();
        page.onPageError(error -> wrong.add("the page broke: " + error));
        page.onConsoleMessage(
                message -> {
                    if (message.text().contains("Content Security Policy")) {
                        wrong.add(message.text());
                    }
                });
        page.onRequest(
                request -> {
                    if (!request.url().startsWith(uri + "/") || request.url().contains("hf_")) {
                        wrong.add("asked for " + request.url());
                    }
                });
        page.addInitScript(
                "addEventListener('securitypolicyviolation', (e) =>"
                        + " console.error('Content Security Policy: ' + e.violatedDirective));");
    }

    /** A tab that has not been let in. */
    static ConsolePage at(Browser browser, ConsoleWorld world, Looks looks) {
        ConsolePage console = new ConsolePage(browser, world.uri(), looks);
        console.go("/upstreams");
        return console;
    }

    /** A tab at a gateway that is open. */
    static ConsolePage at(Browser browser, URI gateway) {
        ConsolePage console = new ConsolePage(browser, gateway, Looks.DESK);
        console.go("/upstreams");
        return console;
    }

    /** Another tab that begins at a place. */
    ConsolePage another(String place) {
        ConsolePage other = new ConsolePage(context.browser(), uri, Looks.DESK);
        other.go(place);
        return other;
    }

    /** A tab with the admin's key. */
    static ConsolePage inside(Browser browser, ConsoleWorld world, Looks looks) {
        ConsolePage console = at(browser, world, looks);
        console.unlock(ConsoleWorld.ADMIN_KEY);
        console.expect(".connection.live");
        return console;
    }

    /** Goes to a view, such as {@code /requests?status=failed}. */
    Response go(String place) {
        return page.navigate(uri + "/console#" + place);
    }

    void unlock(String key) {
        page.fill("#key", key);
        page.press("#key", "Enter");
    }

    Locator all(String selector) {
        return page.locator(selector);
    }

    /** Waits until it is there. */
    Locator expect(String selector) {
        Locator found = page.locator(selector).first();
        PlaywrightAssertions.assertThat(found).isVisible();
        return found;
    }

    void expectText(String selector, String text) {
        PlaywrightAssertions.assertThat(page.locator(selector).first()).containsText(text);
    }

    void expectCount(String selector, int count) {
        PlaywrightAssertions.assertThat(page.locator(selector)).hasCount(count);
    }

    /** Waits until a JavaScript expression is true, looking at it in every animation frame. */
    void until(String expression) {
        String waiting =
                """
                () => new Promise((done) => {
                  const end = performance.now() + %f;
                  const look = () => {
                    if (%s) done(true);
                    else if (performance.now() > end) done(false);
                    else requestAnimationFrame(look);
                  };
                  look();
                })
                """
                        .formatted(PATIENCE_MILLIS, expression);
        assertThat(page.evaluate(waiting)).as(expression).isEqualTo(true);
    }

    int number(String expression) {
        return ((Number) page.evaluate(expression)).intValue();
    }

    String text(String expression) {
        return String.valueOf(page.evaluate(expression));
    }

    void press(String... keys) {
        for (String key : keys) {
            page.keyboard().press(key);
        }
    }

    /** Keeps a picture of it as it is. */
    void picture(String name) {
        picture(SCREENSHOTS, name);
        String images = System.getProperty("holdfast.images", "");
        if (!images.isBlank() && SHOWN.contains(name)) {
            picture(Path.of(images), name);
        }
    }

    private void picture(Path folder, String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(folder.resolve(name + ".png")));
    }

    /** Fails if anything went wrong so far. */
    void verify() {
        assertThat(wrong).as("what went wrong in the page").isEmpty();
    }

    @Override
    public void close() {
        context.close();
        verify();
    }
}
