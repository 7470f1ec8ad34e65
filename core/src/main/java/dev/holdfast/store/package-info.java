/**
 * Where promises are kept on disk. Start at {@link dev.holdfast.store.Store}.
 *
 * <p>A <em>request</em> is what one caller asked; a <em>job</em> is the call that answers it,
 * shared by all who ask the same; an <em>attempt</em> is one call to the upstream and one slot of
 * its quota; a <em>delivery</em> is one webhook.
 */
@NullMarked
package dev.holdfast.store;

import org.jspecify.annotations.NullMarked;
