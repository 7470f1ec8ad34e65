/** How much of a quota is used, and that never more is (P1, P5). */
package dev.holdfast.bench.quota;
