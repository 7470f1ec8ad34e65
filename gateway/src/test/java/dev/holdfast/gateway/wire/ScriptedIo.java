package dev.holdfast.gateway.wire;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;

/** The sockets of an event loop, on which happens what a test says. */
final class ScriptedIo implements IoHandler {
    /** What the next look brings. */
    Runnable next = () -> {};

    @Override
    public int run(IoHandlerContext context) {
        next.run();
        return 0;
    }

    @Override
    public IoRegistration register(IoHandle handle) {
        throw new UnsupportedOperationException("there are no sockets");
    }

    @Override
    public void wakeup() {}

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return false;
    }
}
