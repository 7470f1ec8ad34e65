/** What a process does before others see it, so that its first answers are not its slowest. */
@NullMarked
package dev.holdfast.app.warmup;

import org.jspecify.annotations.NullMarked;
