/**
 * Examples of the library within other programs, run by tests. Start at {@link
 * dev.holdfast.example.Embedded}.
 */
package dev.holdfast.example;
