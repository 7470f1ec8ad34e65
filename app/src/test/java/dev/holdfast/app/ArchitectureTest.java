package dev.holdfast.app;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

/** The arrows between the rooms: app → gateway, rates, simulator → core; nothing points back. */
class ArchitectureTest {
    private static final String[] CORE = {
        "dev.holdfast.quota..",
        "dev.holdfast.pace..",
        "dev.holdfast.request..",
        "dev.holdfast.engine..",
        "dev.holdfast.store..",
        "dev.holdfast.wire..",
        "dev.holdfast.webhook..",
        "dev.holdfast.outbound.."
    };

    private static final JavaClasses CLASSES = MainClasses.ALL;

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
    void thePortKnowsNoJdbc() {
        blind("dev.holdfast.store", "java.sql..", "javax.sql..", "dev.holdfast.store.*..");
    }

    @Test
    void queuesKnowNoSql() {
        blind(
                "dev.holdfast.store.queue..",
                "java.sql..",
                "dev.holdfast.store.sql..",
                "dev.holdfast.store.transition..");
    }

    @Test
    void dialectsDoNotKnowEachOther() {
        blind("dev.holdfast.store.sqlite..", "dev.holdfast.store.postgresql..");
        blind("dev.holdfast.store.postgresql..", "dev.holdfast.store.sqlite..");
        for (String shared : new String[] {"queue", "sql", "transition"}) {
            blind(
                    "dev.holdfast.store." + shared + "..",
                    "dev.holdfast.store.sqlite..",
                    "dev.holdfast.store.postgresql..");
        }
    }

    @Test
    void eachDialectAloneKnowsItsDriver() {
        onlyIn("dev.holdfast.store.sqlite..", "org.sqlite..");
        onlyIn("dev.holdfast.store.postgresql..", "org.postgresql..", "com.zaxxer..");
    }

    @Test
    void theStoresInsidesAreItsOwn() {
        onlyIn(
                "dev.holdfast.store..",
                "dev.holdfast.store.queue..",
                "dev.holdfast.store.sql..",
                "dev.holdfast.store.transition..");
    }

    @Test
    void theSimulatorIsAWitnessThatKnowsNothingOfOurs() {
        classes()
                .that()
                .resideInAPackage("dev.holdfast.simulator..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAPackage("dev.holdfast.simulator..")
                                .or(resideOutsideOfPackage("dev.holdfast..")))
                .check(CLASSES);
    }

    @Test
    void theServerKnowsNoDoor() {
        for (String below : new String[] {"server", "syntax", "wire"}) {
            blind(
                    "dev.holdfast.gateway." + below + "..",
                    "dev.holdfast.gateway",
                    "dev.holdfast.gateway.console..");
        }
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.holdfast.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /**
     * But for sealed families, whose head has to name those that belong to it, and for commands,
     * which name theirs below as these do the one above.
     */
    @Test
    void filesHaveNoCycles() {
        slices().assignedFrom(BY_FILE)
                .should()
                .beFreeOfCycles()
                .ignoreDependency(
                        describe("sealed", type -> type.reflect().isSealed()), IN_A_FAMILY)
                .ignoreDependency(A_COMMAND, A_COMMAND)
                .check(CLASSES);
    }

    private static final SliceAssignment BY_FILE =
            new SliceAssignment() {
                @Override
                public SliceIdentifier getIdentifierOf(JavaClass type) {
                    return type.getPackageName().startsWith("dev.holdfast")
                            ? SliceIdentifier.of(outermost(type).getName())
                            : SliceIdentifier.ignore();
                }

                @Override
                public String getDescription() {
                    return "files";
                }
            };

    /** Whoever implements a sealed interface of another file. */
    private static final DescribedPredicate<JavaClass> IN_A_FAMILY =
            describe(
                    "in a sealed family",
                    type ->
                            outermost(type).getRawInterfaces().stream()
                                    .anyMatch(head -> head.reflect().isSealed()));

    private static final DescribedPredicate<JavaClass> A_COMMAND =
            describe("a command", type -> type.isAnnotatedWith("picocli.CommandLine$Command"));

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type);
    }

    /** What lives in one room knows nothing that lives in the others. */
    private static void blind(String room, String... others) {
        noClasses()
                .that()
                .resideInAPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .check(CLASSES);
    }

    /** Nobody outside of a room knows these. */
    private static void onlyIn(String room, String... known) {
        noClasses()
                .that()
                .resideOutsideOfPackage(room)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(known)
                .check(CLASSES);
    }
}
