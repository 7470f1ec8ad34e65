package dev.holdfast.app.terminal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Signals of the system. Every JDK has {@code sun.misc.Signal} for it and nothing else; it is found
 * by its name, since the compiler warns of everybody who names it.
 */
public final class Signals {
    private Signals() {}

    /**
     * Has something run, on a thread of its own, each time that a signal comes.
     *
     * @param name without its {@code SIG}
     * @return false if this system or this JVM does not give it to us, or it was ignored when the
     *     process was started ({@code nohup}) and stays so
     */
    public static boolean handle(String name, Runnable what) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle run =
                    MethodHandles.lookup()
                            .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                            .bindTo(what);
            Object ours =
                    MethodHandleProxies.asInterfaceInstance(
                            handler, MethodHandles.dropArguments(run, 0, signal));
            Object wanted = signal.getConstructor(String.class).newInstance(name);
            Object before = signal.getMethod("handle", signal, handler).invoke(null, wanted, ours);
            return !handler.getField("SIG_IGN").get(null).equals(before);
        } catch (ReflectiveOperationException e) {
            return false; // there is none of this name, or the JVM keeps it (-Xrs)
        }
    }
}
