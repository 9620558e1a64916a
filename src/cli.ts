#!/usr/bin/env node
import yargs, { type CommandModule } from 'yargs';
import { hideBin } from 'yargs/helpers';
import { benchCommand } from './commands/bench/command.js';
import { completionCommand } from './commands/completion.js';
import { compressCommand } from './commands/compress/command.js';
import { costsCommand } from './commands/costs/command.js';
import { decompressCommand } from './commands/decompress.js';
import { devicesCommand } from './commands/devices/command.js';
import { diagramCommand } from './commands/diagram/command.js';
import { evaluateCommand } from './commands/evaluate/command.js';
import { flopsCommand } from './commands/flops.js';
import { infoCommand } from './commands/info.js';
import { joinNegative, requireNumbers } from './commands/number-words.js';
import { projectCommand } from './commands/project/command.js';
import { searchCommand } from './commands/search/command.js';
import { trainCommand } from './commands/train/command.js';
import { rejectUsage, requireOnce, withoutHelpAfterwards } from './commands/usage.js';
import { verifyCommand } from './commands/verify.js';
import { viewCommand } from './commands/view/command.js';
import { vtiCommand } from './commands/vti/command.js';
import { UsageError } from './errors.js';
import { version } from './version.js';

const commands = [
  trainCommand,
  searchCommand,
  compressCommand,
  decompressCommand,
  verifyCommand,
  evaluateCommand,
  viewCommand,
  vtiCommand,
  infoCommand,
  devicesCommand,
  flopsCommand,
  diagramCommand,
  costsCommand,
  projectCommand,
  benchCommand,
  completionCommand,
];

const words = joinNegative(hideBin(process.argv));
const program = withoutHelpAfterwards(yargs(words));
await program
  .scriptName('swae')
  .locale('en')
  .usage(
    '$0 COMMAND\n\nTrains sliced Wasserstein autoencoders on simulation output, and compresses whole runs with them.',
  )
  .command(commands as unknown as CommandModule[])
  .demandCommand(1, 'which command?')
  .strict()
  .parserConfiguration({ 'dot-notation': false })
  .check((parsed, parser) => {
    requireOnce(parsed, parser);
    requireNumbers(words, parser);
    return true;
  })
  .version(version)
  .alias('help', 'h')
  .epilogue(
    'Run on several ranks: ./launch.sh -n RANKS COMMAND …, or srun/mpirun node build/bin/swae.js COMMAND …\n' +
      'Exit codes: 0 done, 1 failed, 2 wrong command line, 3 done but some inputs were left out,\n' +
      '75 stopped by a signal; the same with --resume goes on.',
  )
  .wrap(Math.min(110, process.stdout.columns ?? 110))
  .fail((message, error, parser) => {
    if (error && !(error instanceof UsageError)) throw error;
    rejectUsage(message, words, parser, program);
  })
  .parseAsync();
