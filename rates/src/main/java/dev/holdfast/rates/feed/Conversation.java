package dev.holdfast.rates.feed;

import dev.holdfast.rates.RateError;
import dev.holdfast.rates.RatesMetrics.Counter;
import dev.holdfast.rates.feed.Incoming.Garbage;
import dev.holdfast.rates.feed.Incoming.Heartbeat;
import dev.holdfast.rates.feed.Incoming.Trade;
import dev.holdfast.rates.feed.Incoming.Unusable;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The messages of one connection: each is answered as soon as it can be, in any order, and never
 * after the connection has ended. Used from one event loop only.
 */
final class Conversation {
    /** Messages of one connection that may wait for their rates at once. */
    static final int MAX_IN_HAND = 10_000;

    private final Answering answering;
    private final Executor loop;
    private final Consumer<String> send;
    private int inHand;
    private boolean ended;
    private Runnable whenDone = () -> {};

    /**
     * A conversation that has just begun.
     *
     * @param loop runs tasks on the event loop this is used from
     * @param send sends a text frame, on that loop
     */
    Conversation(Answering answering, Executor loop, Consumer<String> send) {
        this.answering = answering;
        this.loop = loop;
        this.send = send;
    }

    /** Takes a text frame. Whether it is a heartbeat, which is not this one's business. */
    boolean take(String frame) {
        switch (answering.read(frame)) {
            case Heartbeat heartbeat -> {
                return true;
            }
            case Trade trade -> {
                answering.metrics().count(Counter.MESSAGES);
                convert(trade);
            }
            case Unusable unusable -> {
                answering.metrics().count(Counter.MESSAGES);
                send.accept(answering.unusable(unusable.id(), unusable.words()));
            }
            case Garbage garbage -> answering.garbage(garbage.words());
        }
        return false;
    }

    private void convert(Trade trade) {
        String answer = answering.answerNow(trade);
        if (answer != null) {
            send.accept(answer);
            return;
        }
        if (inHand >= MAX_IN_HAND) {
            var error = new RateError.Overloaded("messages of this connection");
            send.accept(answering.error(trade.id(), error));
            return;
        }
        inHand++;
        answering.metrics().addInHand(1);
        answering
                .converter()
                .convert(
                        trade.stake(),
                        trade.currency(),
                        answering.target(),
                        trade.day(),
                        converted ->
                                loop.execute(() -> settle(answering.answer(trade, converted))));
    }

    private void settle(String answer) {
        inHand--;
        answering.metrics().addInHand(-1);
        if (ended) {
            answering.metrics().count(Counter.ANSWERS_DROPPED);
        } else {
            send.accept(answer);
        }
        if (inHand == 0) {
            whenDone.run();
        }
    }

    /** The connection is gone: what is still in hand has no one to go to. */
    void end() {
        ended = true;
    }

    /** Runs {@code task} once nothing is in hand: now, if that is so now. */
    void whenDone(Runnable task) {
        if (inHand == 0) {
            task.run();
        } else {
            whenDone = task;
        }
    }
}
