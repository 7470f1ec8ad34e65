/**
 * What measurements share: load, rounds in turn, processes of a gateway, reports with a verdict.
 */
package dev.holdfast.bench.kit;
