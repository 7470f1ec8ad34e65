/**
 * Reads YAML as configuration, whatever it configures: where each value stands, all mistakes at
 * once, variables, what may be shown. Start at {@link dev.holdfast.app.yaml.Section}.
 */
@NullMarked
package dev.holdfast.app.yaml;

import org.jspecify.annotations.NullMarked;
