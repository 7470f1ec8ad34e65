package dev.holdfast.bench;

import dev.holdfast.bench.answer.AnswersBench;
import dev.holdfast.bench.answer.BodiesBench;
import dev.holdfast.bench.answer.CollapseBench;
import dev.holdfast.bench.answer.HungBench;
import dev.holdfast.bench.answer.PassBench;
import dev.holdfast.bench.answer.PollsBench;
import dev.holdfast.bench.answer.SignFileBench;
import dev.holdfast.bench.answer.StartBench;
import dev.holdfast.bench.chaos.ChaosBench;
import dev.holdfast.bench.converter.ConverterBench;
import dev.holdfast.bench.converter.ConverterProof;
import dev.holdfast.bench.hostile.HostileBench;
import dev.holdfast.bench.hostile.SlowClients;
import dev.holdfast.bench.kit.Benchmark;
import dev.holdfast.bench.quota.BurstBench;
import dev.holdfast.bench.quota.QuotaUseBench;
import dev.holdfast.bench.store.AcceptsBench;
import dev.holdfast.bench.store.BacklogBench;
import dev.holdfast.bench.store.BatchBench;
import dev.holdfast.bench.store.BatchKilledBench;
import dev.holdfast.bench.store.GrowthBench;
import dev.holdfast.bench.store.LedgerBench;
import dev.holdfast.bench.store.PostgresAcceptsBench;
import dev.holdfast.bench.store.RetryAllBench;
import dev.holdfast.bench.store.ScaleBench;
import dev.holdfast.bench.store.ScheduledBench;
import dev.holdfast.bench.store.StoredBench;
import dev.holdfast.bench.webhook.DeliveriesBench;
import dev.holdfast.bench.webhook.WebhooksBench;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast bench}: runs the named measurements one after the other. */
public final class Main {
    private Main() {}

    /** Ends the process with 0: all targets met, 1: one missed, 2: wrong usage. */
    public static void main(String[] args) {
        System.exit(root().execute(args));
    }

    /** All measurements, each with its options. */
    static CommandLine root() {
        CommandLine root = new CommandLine(new Root());
        for (Benchmark benchmark : benchmarks()) {
            root.addSubcommand(benchmark);
        }
        root.setParameterExceptionHandler(Main::wrongUsage);
        return root;
    }

    private static List<Benchmark> benchmarks() {
        return List.of(
                new StartBench(),
                new AnswersBench(),
                new AcceptsBench(),
                new BatchBench(),
                new BatchKilledBench(),
                new RetryAllBench(),
                new BacklogBench(),
                new GrowthBench(),
                new StoredBench(),
                new LedgerBench(),
                new ScheduledBench(),
                new HungBench(),
                new CollapseBench(),
                new BurstBench(),
                new ChaosBench(),
                new PostgresAcceptsBench(),
                new QuotaUseBench(),
                new ScaleBench(),
                new WebhooksBench(),
                new DeliveriesBench(),
                new PollsBench(),
                new PassBench(),
                new BodiesBench(),
                new SignFileBench(),
                new SlowClients(),
                new HostileBench(),
                new ConverterBench(),
                new ConverterProof());
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        System.err.println("holdfast: " + e.getMessage() + " (see `holdfast bench --help`)");
        return CommandLine.ExitCode.USAGE;
    }

    /** The command without a name. */
    @Command(
            name = "holdfast bench",
            mixinStandardHelpOptions = true,
            subcommandsRepeatable = true,
            synopsisSubcommandLabel = "NAME [options] [NAME [options]]...",
            description = {
                "Measures Holdfast beside its ceilings, in processes of their own on loopback.",
                "docs/performance.md says what each figure means."
            },
            footer = {
                "",
                "`holdfast bench NAME --help` shows a measurement's options.",
                "Exit status: 0 all targets met, 1 one missed, 2 wrong usage."
            })
    static final class Root implements Callable<Integer> {
        @Spec @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            if (spec == null) {
                throw new IllegalStateException("picocli has not set the command up");
            }
            throw new ParameterException(
                    spec.commandLine(),
                    "which measurement? One of "
                            + String.join(", ", spec.commandLine().getSubcommands().keySet()));
        }
    }
}
