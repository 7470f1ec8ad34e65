/** Load programs behind docs/performance.md; each has a main of its own. */
@NullMarked
package dev.holdfast.bench;

import org.jspecify.annotations.NullMarked;
