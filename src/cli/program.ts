import { Command, CommanderError } from 'commander';
import { EXIT } from '../runner/exit-codes.ts';
import { type Surroundings, surroundings } from './surroundings.ts';

/**
 * Reads the command line and runs one command. Resolves with the exit code; each command is loaded when it is asked
 * for.
 */
export async function runProgram(
  words: readonly string[],
  version: string,
  around: Surroundings = surroundings(),
): Promise<number> {
  let code: number = EXIT.ok;
  const program = new Command('siren')
    .description('Tests the code that runs only after an operating system has failed.')
    .version(version, '-V, --version')
    .exitOverride()
    .configureOutput({ writeOut: around.out, writeErr: around.error })
    .showHelpAfterError('(siren --help lists commands and options)')
    .addHelpText(
      'after',
      '\nExit codes: 0 all as expected, 1 an expectation failed, 2 a spec is wrong, 3 bad usage or configuration,' +
        '\n4 Siren or an environment failed, 5 nothing was selected, or all of it was skipped.',
    );

  selecting(program.command('run'))
    .description('run scenarios and write reports; without paths those of siren.yaml')
    .option('--seed <n>', "one seed for every scenario in place of its own, or 'random'")
    .option('--occurrence <n>', "of scenarios with 'on each': the n-th occurrence alone")
    .option('--workers <n>', 'worker threads; 0 runs in the main thread, without a timeout')
    .option('--timeout <seconds>', 'wall time that one run may take, from 0.1 on (default: 60)')
    .option('--bail [n]', 'stop after n runs that need attention (default: 1)')
    .option('--target <name>', 'what to run on (default: sim)')
    .option('--levels <n>', 'levels of the page tables of real guests: 4 or 5 (default: 4)')
    .option('--reports <folder>', 'where reports go (default: reports)')
    .option('--no-html', 'do not write report.html')
    // Before its opposite, which would else make it the default.
    .option('--json', 'with --list: as JSON')
    .option('--no-json', 'do not write results.json')
    .option('--no-junit', 'do not write junit.xml')
    .option('--list', 'say what would run, and run nothing')
    .option('--allow-empty', 'nothing selected, or all of it skipped, is no error')
    .option('--today <date>', "the date that 'xfail … until' is judged by (default: today, UTC)")
    .option('--verbose', 'a line for every run')
    .option('--quiet', 'print nothing when all is as expected')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { runCommand } = await import('./run.ts');
      code = await runCommand(paths, options, { around, words, version });
    });

  withPaths(program.command('check'))
    .description('read specs and say what is wrong with them, without running anything')
    .option('--json', 'diagnostics as JSON')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { checkCommand } = await import('./check.ts');
      code = await checkCommand(paths, options, { around, words, version });
    });

  withPaths(program.command('format'))
    .description('rewrite specs in their one form, comments kept')
    .option('--check', 'change nothing; exit with 1 when a spec is not in form')
    .option('--diff', 'change nothing; show what would change')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { formatCommand } = await import('./format.ts');
      code = await formatCommand(paths, options, { around, words, version });
    });

  selecting(program.command('list'))
    .description('list scenarios')
    .option('--json', 'as JSON')
    .option('--allow-empty', 'nothing selected is no error')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { listCommand } = await import('./list.ts');
      code = await listCommand(paths, options, { around, words, version });
    });

  program
    .command('compare')
    .description('say what differs between two results.json')
    .argument('<base>', 'results.json of the run to compare with')
    .argument('<head>', 'results.json of the run in question')
    .option('--fail-on <policy>', "exit with 1: 'none', on 'new' failures or on 'any-change' (default: none)")
    .option('--markdown <file>', 'write the comparison as Markdown too')
    .action(async (base: string, head: string, options: Record<string, unknown>) => {
      const { compareCommand } = await import('./compare.ts');
      code = await compareCommand(base, head, options, around);
    });

  program
    .command('diagnose')
    .description(
      'say what is wrong in a dump of an x86-64 Linux: ELF core, kdump-compressed; 1 when something is',
    )
    .argument('<file>', 'the dump')
    .addHelpText('after', '\nExit codes: 0 nothing is wrong in it, 1 something is, 3 it cannot be read.')
    .option('--json', 'as JSON')
    .option(
      '--booted <earlier>',
      'a dump of the same boot from when all was well: the code is compared with what it holds',
    )
    .action(async (file: string, options: Record<string, unknown>) => {
      const { diagnoseCommand } = await import('./diagnose.ts');
      code = await diagnoseCommand(file, options, { around, words, version });
    });

  program
    .command('adopt')
    .description('write the spec that freezes what is found in a dump, for `siren run --target core`')
    .argument('<file>', 'the dump, inside the project')
    .option('--out <spec>', 'where the spec goes (default: beside the dump)')
    .option('--force', 'write over a spec that is there')
    .action(async (file: string, options: Record<string, unknown>) => {
      const { adoptCommand } = await import('./adopt.ts');
      code = await adoptCommand(file, options, { around, words, version });
    });

  selecting(program.command('fidelity'))
    .description('run what is for both on the simulation and on a stock kernel, and say where they differ')
    .option('--timeout <seconds>', 'wall time that one run may take (default: 120)')
    .option('--reports <folder>', 'where fidelity.json goes (default: reports)')
    .option('--from <results...>', 'a results.json: what it tells of a target is not run again')
    .option(
      '--at-least <percent>',
      'exit with 1 when less than this is alike of what either side saw or a claim names',
    )
    .option('--scenarios <n>', 'exit with 1 when fewer were compared')
    .option('--levels <n>', 'levels of the page tables of real guests: 4 or 5 (default: 4)')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { fidelityCommand } = await import('./fidelity.ts');
      code = await fidelityCommand(paths, options, { around, words, version });
    });

  selecting(program.command('export'))
    .description('write the damaged machines of scenarios as ELF cores, with the ground truth beside each')
    .option(
      '--at <time>',
      "the instant of the run, as in '40 ms' (default: when the first ambulance attaches, else its end)",
    )
    .option('--out <folder>', 'where they go (default: exports)')
    .option('--target <name>', "what the machine runs on: 'sim' or 'qemu' (default: sim)")
    .option('--levels <n>', 'levels of the page tables of real guests: 4 or 5 (default: 4)')
    .option('--seed <n>', 'one seed for every scenario in place of its own')
    .action(async (paths: string[], options: Record<string, unknown>) => {
      const { exportCommand } = await import('./export.ts');
      code = await exportCommand(paths, options, { around, words, version });
    });

  program
    .command('explain')
    .description('say what a code or a word of the language means')
    .argument(
      '[word...]',
      'E0312, LIST_NEXT_POISON, wild_pointer, heartbeat, nth …; without, all of them by kind',
    )
    .action(async (asked: string[]) => {
      const { explainCommand } = await import('./explain.ts');
      code = await explainCommand(asked, around);
    });

  program
    .command('doctor')
    .description('say what Siren lacks on this machine, what that costs, and what to do')
    .option('--cache <folder>', 'where guests are kept (default: $SIREN_CACHE, else ~/.cache/siren)')
    .action(async (options: Record<string, unknown>) => {
      const { doctorCommand } = await import('./doctor.ts');
      code = doctorCommand(options, around, process.versions.node);
    });

  const guest = program.command('guest').description('the guest that real scenarios run on');
  guest
    .command('prepare')
    .description("make it: a kernel from Debian's package, unpacked and not installed, and an initramfs")
    .option('--kernel <file>', 'a bzImage of your own in place of a package')
    .option('--package <name>', 'the Debian package (default: what linux-image-cloud-amd64 depends on)')
    .option('--cache <folder>', 'where it is kept (default: $SIREN_CACHE, else ~/.cache/siren)')
    .action(async (options: Record<string, unknown>) => {
      const { guestPrepareCommand } = await import('./guest.ts');
      code = guestPrepareCommand(options, around);
    });

  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are ended by an exception too, with code 0.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}

function withPaths(command: Command): Command {
  return command
    .argument('[paths...]', 'specs, folders, or file.spec:LINE')
    .option('--root <folder>', "the project's folder (default: the nearest one with a siren.yaml)");
}

function selecting(command: Command): Command {
  return withPaths(command)
    .option('--filter <regex>', 'scenarios whose `file :: name` matches')
    .option('--name <name>', 'the scenario with exactly this name')
    .option('--tags <expression>', "scenarios by their tags: 'smoke and not slow'")
    .option('--last-failed', 'only what needed attention in the last run')
    .option('--shard <i/n>', 'the i-th of n equal parts');
}
