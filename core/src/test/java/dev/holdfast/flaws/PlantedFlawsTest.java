package dev.holdfast.flaws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The mistakes planted in this module; see {@link PlantedFlaws}. */
final class PlantedFlawsTest extends PlantedFlaws {
    PlantedFlawsTest() throws IOException {
        super(Files.readString(Path.of("src/test/resources/dev/holdfast/flaws/flaws.txt")));
    }
}
