/**
 * The console: a page for the person who runs Holdfast, and the one stream that keeps it live. All
 * else it shows and does goes through the public API with the viewer's own key. Start reading at
 * {@link dev.holdfast.gateway.console.Console}; the page itself is in {@code
 * resources/dev/holdfast/gateway/console}, there at {@code main.js}.
 */
@NullMarked
package dev.holdfast.gateway.console;

import org.jspecify.annotations.NullMarked;
