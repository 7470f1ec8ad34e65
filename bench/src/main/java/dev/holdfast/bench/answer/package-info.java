/** How fast answers are, warm, cold, hung and after a start (P2). */
package dev.holdfast.bench.answer;
