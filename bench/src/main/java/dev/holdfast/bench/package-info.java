/**
 * The measurements of docs/performance.md: each beside its ceiling or peer in the same run,
 * bounded, with a verdict. Start reading at {@link dev.holdfast.bench.Main}; a benchmark is one
 * {@link dev.holdfast.bench.kit.Benchmark}. Not on the default build's path.
 */
package dev.holdfast.bench;
