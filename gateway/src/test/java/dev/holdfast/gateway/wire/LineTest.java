package dev.holdfast.gateway.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class LineTest {
    private static final long DEAF_NANOS = Line.DEAF.toNanos();

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Line line =
            new Line(
                    new Budget(ListenerLimits.DEFAULT.inHandBytes()),
                    channel,
                    0,
                    false,
                    _ -> new LoopRounds(new ScriptedIo(), System::nanoTime, _ -> {}, () -> {}),
                    System.nanoTime());
    private final long began = System.nanoTime();

    LineTest() {
        channel.pipeline().addFirst(line);
    }

    @Test
    void whoAsksForNothingOfItsAnswersOfHttp2IsDeaf() {
        line.answersLeft(1);

        assertThat(line.isDeaf(began)).isFalse();
        assertThat(line.isDeaf(began + 2 * DEAF_NANOS)).isTrue();
    }

    @Test
    void whoTakesAPartNowAndThenIsNot() {
        line.answersLeft(1);
        assertThat(line.isDeaf(began)).isFalse();
        assertThat(channel.writeAndFlush(Unpooled.copyInt(1)).isDone()).isTrue();

        assertThat(line.isDeaf(began + 2 * DEAF_NANOS)).isFalse();
        assertThat(line.isDeaf(began + 4 * DEAF_NANOS)).isTrue();
    }

    @Test
    void whoTookAllIsNot() {
        line.answersLeft(1);
        line.answersLeft(-1);

        assertThat(line.isDeaf(began + 2 * DEAF_NANOS)).isFalse();
    }

    @Test
    void thereIsNoWaitingForWhoTakesNothingWhenThereIsNoRoom() {
        channel.pipeline()
                .addLast(
                        new ChannelOutboundHandlerAdapter() {
                            @Override
                            public void close(ChannelHandlerContext context, ChannelPromise end) {
                                // As Vert.x: it waits until all that was written is taken.
                            }
                        });
        line.close();
        assertThat(channel.isOpen()).isTrue();

        line.unread(Long.MAX_VALUE / 2);
        assertThat(channel.isOpen()).isFalse();
    }
}
