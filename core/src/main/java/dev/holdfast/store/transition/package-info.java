/**
 * What becomes of a request, written once for both dialects: each transition is a statement whose
 * {@code WHERE} guards it, over what a {@link dev.holdfast.store.transition.Transaction} offers.
 * Start at {@link dev.holdfast.store.transition.Ends}.
 */
@NullMarked
package dev.holdfast.store.transition;

import org.jspecify.annotations.NullMarked;
