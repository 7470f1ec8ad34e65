/** What a gateway plays to itself before others see it. Start reading at SelfPlay. */
@NullMarked
package dev.holdfast.app.rehearsal;

import org.jspecify.annotations.NullMarked;
