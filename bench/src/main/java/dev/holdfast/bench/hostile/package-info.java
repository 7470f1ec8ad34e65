/** What slow and hostile peers can do to others. */
package dev.holdfast.bench.hostile;
