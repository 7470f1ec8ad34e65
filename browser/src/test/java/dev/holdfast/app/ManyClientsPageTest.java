package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The console beside more clients than anybody chooses from. */
class ManyClientsPageTest extends InTheConsole {
    @Override
    ConsoleWorld begin() {
        ConsoleWorld crowded = ConsoleWorld.withKeys();
        crowded.meet(201);
        return crowded;
    }

    @Test
    void aClientIsTyped() {
        String id = world.ask("typed", "");
        console.go("/requests");
        console.expect("#row-" + id);
        console.expectCount("select[name=client]", 0);

        console.page.fill("input[name=client]", "ops");
        console.press("Enter");
        console.expectText(".empty", "No request matches.");
        console.page.fill("input[name=client]", "shop");
        console.press("Enter");
        console.expect("#row-" + id);
        assertThat(console.page.url()).contains("client=shop");
    }
}
