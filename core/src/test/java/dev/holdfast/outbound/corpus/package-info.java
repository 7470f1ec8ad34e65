/**
 * Answers that others really send, byte by byte, with the meaning each must have. The data files
 * are read by {@link dev.holdfast.outbound.corpus.Corpus}.
 */
package dev.holdfast.outbound.corpus;
