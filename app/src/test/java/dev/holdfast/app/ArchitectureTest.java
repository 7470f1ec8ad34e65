package dev.holdfast.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows between the rooms: app → gateway, rates, simulator → core; nothing points back. */
class ArchitectureTest {
    private static final String[] CORE = {
        "dev.holdfast.quota..",
        "dev.holdfast.request..",
        "dev.holdfast.engine..",
        "dev.holdfast.store..",
        "dev.holdfast.webhook..",
        "dev.holdfast.outbound.."
    };

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("dev.holdfast");

    @Test
    void coreKnowsNoDoorAndNoCommand() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.holdfast.gateway..",
                        "dev.holdfast.rates..",
                        "dev.holdfast.simulator..",
                        "dev.holdfast.app..")
                .check(CLASSES);
    }

    @Test
    void gatewayRatesAndSimulatorDoNotKnowEachOther() {
        String[] rooms = {"gateway", "rates", "simulator"};
        for (String room : rooms) {
            for (String other : rooms) {
                if (!room.equals(other)) {
                    noClasses()
                            .that()
                            .resideInAPackage("dev.holdfast." + room + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(
                                    "dev.holdfast." + other + "..", "dev.holdfast.app..")
                            .allowEmptyShould(true)
                            .check(CLASSES);
                }
            }
        }
    }

    @Test
    void onlyOutboundInCoreKnowsVertx() {
        noClasses()
                .that()
                .resideInAnyPackage(CORE)
                .and()
                .resideOutsideOfPackage("dev.holdfast.outbound..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.vertx..", "io.netty..")
                .check(CLASSES);
    }

    @Test
    void onlyTracingKnowsOpenTelemetry() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.holdfast.app.tracing..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry..")
                .check(CLASSES);
    }

    @Test
    void onlyTheStoreKnowsJdbc() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.holdfast..")
                .and()
                .resideOutsideOfPackage("dev.holdfast.store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..", "org.sqlite..", "org.postgresql..", "com.zaxxer..")
                .check(CLASSES);
    }

    @Test
    void quotaAndRequestAreAtTheBottom() {
        noClasses()
                .that()
                .resideInAPackage("dev.holdfast.quota..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.holdfast.request..",
                        "dev.holdfast.engine..",
                        "dev.holdfast.store..",
                        "dev.holdfast.webhook..",
                        "dev.holdfast.outbound..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.holdfast.request..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.holdfast.engine..",
                        "dev.holdfast.store..",
                        "dev.holdfast.webhook..",
                        "dev.holdfast.outbound..")
                .check(CLASSES);
    }

    @Test
    void theStoreKnowsNoEngineAndNoNetwork() {
        noClasses()
                .that()
                .resideInAPackage("dev.holdfast.store..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.holdfast.engine..",
                        "dev.holdfast.webhook..",
                        "dev.holdfast.outbound..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.holdfast.(**)").should().beFreeOfCycles().check(CLASSES);
    }
}
