/**
 * Messages over WebSockets: reading and answering them, the session with a trade feed, and the same
 * messages served to clients. Start at {@link dev.holdfast.rates.feed.Feed}.
 */
@NullMarked
package dev.holdfast.rates.feed;

import org.jspecify.annotations.NullMarked;
