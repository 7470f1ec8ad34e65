/**
 * What the doors of one gateway share: the engine and who reads for them ({@link
 * dev.holdfast.gateway.parts.DoorParts}), the answers that are held ({@link
 * dev.holdfast.gateway.parts.Holds}).
 */
@NullMarked
package dev.holdfast.gateway.parts;

import org.jspecify.annotations.NullMarked;
