/** Where promises are kept on disk. Start at {@link dev.holdfast.store.Store}. */
@NullMarked
package dev.holdfast.store;

import org.jspecify.annotations.NullMarked;
