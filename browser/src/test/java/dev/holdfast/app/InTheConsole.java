package dev.holdfast.app;

import com.microsoft.playwright.Browser;
import dev.holdfast.app.ConsolePage.Looks;
import dev.holdfast.simulator.door.Fault;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests of an operator at a desk who is inside the console: one world and one page for a class.
 * After each test all faults are mended, what was paused goes on, and the page must be without
 * complaint.
 */
@ExtendWith(Chromium.class)
@Timeout(90)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class InTheConsole {
    ConsoleWorld world;
    ConsolePage console;

    /** A world for all tests of the class. */
    ConsoleWorld begin() {
        return ConsoleWorld.withKeys();
    }

    @BeforeAll
    void open(Browser browser) {
        world = begin();
        console = ConsolePage.inside(browser, world, Looks.DESK);
    }

    @AfterAll
    void close() {
        console.close();
        world.close();
    }

    @AfterEach
    void heal() {
        world.upstream.fault(Fault.NONE);
        world.receiver.fault(Fault.NONE);
        world.pause("resume");
        console.verify();
    }
}
