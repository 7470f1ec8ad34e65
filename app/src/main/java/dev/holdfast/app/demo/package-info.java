/** {@code holdfast demo}: a gateway, its upstream and a burst in one process. */
@NullMarked
package dev.holdfast.app.demo;

import org.jspecify.annotations.NullMarked;
