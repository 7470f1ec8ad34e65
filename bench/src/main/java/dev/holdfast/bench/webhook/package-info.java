/** How fast webhooks leave, beside bare posts. */
package dev.holdfast.bench.webhook;
