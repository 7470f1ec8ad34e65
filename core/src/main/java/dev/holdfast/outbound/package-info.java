/**
 * HTTP calls that leave Holdfast; the only package of core that knows Vert.x. Start at {@link
 * dev.holdfast.outbound.HttpUpstream}.
 */
@NullMarked
package dev.holdfast.outbound;

import org.jspecify.annotations.NullMarked;
