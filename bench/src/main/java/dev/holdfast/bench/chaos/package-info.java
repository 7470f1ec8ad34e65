/** All faults at once, judged by an observer that knows each answer. */
package dev.holdfast.bench.chaos;
