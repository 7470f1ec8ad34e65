package dev.holdfast.outbound.http;

import java.util.concurrent.atomic.LongAdder;

/** What came on connections besides answers, since the start. Safe for several threads. */
public final class WireCounts {
    private final LongAdder interim = new LongAdder();
    private final LongAdder surplus = new LongAdder();
    private final LongAdder notHttp = new LongAdder();

    void interim(int answers) {
        interim.add(answers);
    }

    void surplus() {
        surplus.increment();
    }

    void notHttp() {
        notHttp.increment();
    }

    /** Interim answers (1xx) that were passed over. */
    public long interimAnswers() {
        return interim.sum();
    }

    /** Connections that were closed because more came than was due. */
    public long surplusAnswers() {
        return surplus.sum();
    }

    /** Connections that were closed because what came was not HTTP/1.1. */
    public long notHttpAnswers() {
        return notHttp.sum();
    }
}
