/**
 * The credentials that an upstream's calls leave with: a ledger each, which are out, and which one
 * a call gets. Start reading at {@link dev.holdfast.store.credential.Seats}.
 */
@NullMarked
package dev.holdfast.store.credential;

import org.jspecify.annotations.NullMarked;
