package dev.holdfast.store;

import java.time.Duration;
import java.util.UUID;

/**
 * A job whose next attempt holds a slot.
 *
 * @param job the job's number
 * @param attempt the attempt's number in the log
 * @param number of this attempt in its job, from 1
 * @param charged attempts charged to the job before this one
 * @param age time since the job was accepted
 * @param repeatable whether it may be called again when it is not known if a call took effect
 * @param upstream the upstream's name
 * @param route the route's path
 * @param params JSON object of strings
 * @param request the request that made the job, for logs
 * @param probe whether the call is a {@link dev.holdfast.quota.Verdict.Probe}
 */
public record ClaimedJob(
        long job,
        long attempt,
        int number,
        int charged,
        Duration age,
        boolean repeatable,
        String upstream,
        String route,
        String params,
        UUID request,
        boolean probe) {}
