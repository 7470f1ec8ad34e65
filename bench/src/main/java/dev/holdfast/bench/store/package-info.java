/** How fast a store takes promises, beside bare rows in the same database (P3). */
package dev.holdfast.bench.store;
