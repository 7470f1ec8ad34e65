/** The commands of those who operate a gateway: serve, status, keys, check-config, rates. */
@NullMarked
package dev.holdfast.app.command;

import org.jspecify.annotations.NullMarked;
