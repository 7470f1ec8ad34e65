/**
 * What an operator does at a terminal, through a running gateway's API: look, retry, cancel, pause,
 * resume, redeliver. Start reading at {@link dev.holdfast.app.operate.RequestsCommand}.
 */
@NullMarked
package dev.holdfast.app.operate;

import org.jspecify.annotations.NullMarked;
