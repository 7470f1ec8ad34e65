/**
 * What both dialects read and bind alike: a connection with its statements ({@link
 * dev.holdfast.store.sql.Session}), rows of requests, deliveries and clients, texts as they are
 * kept, and the ledger's reads.
 */
@NullMarked
package dev.holdfast.store.sql;

import org.jspecify.annotations.NullMarked;
