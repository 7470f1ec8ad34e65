package dev.holdfast.simulator.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A network on loopback that can be broken: passes TCP connections on to a port, cuts them all, or
 * holds back every byte both ways while the connections stay open, as a router that hangs does.
 */
public final class Relay implements AutoCloseable {
    private static final int BACKLOG = 256;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final int target;
    private final ServerSocket server;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition flows = lock.newCondition();
    private boolean hung;

    /**
     * Listens on any port of loopback.
     *
     * @param target the port of loopback to which all is passed
     */
    public Relay(int target) {
        this.target = target;
        try {
            server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("relay").start(this::accept);
    }

    public int port() {
        return server.getLocalPort();
    }

    /** Ends all connections there are, both ways; returns how many. New ones are passed on. */
    public int cut() {
        int cut = 0;
        for (Link link : links) {
            if (link.end()) {
                cut++;
            }
        }
        return cut;
    }

    /** Holds back every byte from now on; connections can be made, and stay silent. */
    public void hang() {
        hung(true);
    }

    /** Lets everything through again, what was held back first. */
    public void flow() {
        hung(false);
    }

    private void hung(boolean now) {
        lock.lock();
        try {
            hung = now;
            flows.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitFlow() {
        lock.lock();
        try {
            while (hung) {
                flows.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                Thread.ofVirtual().name("relay-connect").start(() -> pass(near));
            } catch (IOException _) {
                // Closed, or out of files: the loop's condition tells.
            }
        }
    }

    private void pass(Socket near) {
        awaitFlow();
        Socket far;
        try {
            far = new Socket(InetAddress.getLoopbackAddress(), target);
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
        } catch (IOException _) {
            // Whoever connected sees that nobody is there.
            close(near);
            return;
        }
        Link link = new Link(near, far);
        links.add(link);
        Thread.ofVirtual().name("relay-back").start(() -> link.pump(far, near));
        link.pump(near, far);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException _) {
            // Closed is closed.
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        flow();
        cut();
    }

    /** One connection through it. */
    private final class Link {
        private final Socket near;
        private final Socket far;

        Link(Socket near, Socket far) {
            this.near = near;
            this.far = far;
        }

        void pump(Socket from, Socket to) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    awaitFlow();
                    out.write(buffer, 0, read);
                }
            } catch (IOException _) {
                // One side is gone; the other is told by what follows.
            }
            end();
        }

        /** Whether it was there until now. */
        boolean end() {
            boolean was = links.remove(this);
            close(near);
            close(far);
            return was;
        }
    }
}
