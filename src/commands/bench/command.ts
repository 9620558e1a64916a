import type { Argv, CommandModule } from 'yargs';
import { benchMpiCommand } from './mpi/command.js';
import { ratioCommand } from './ratio.js';

export const benchCommand: CommandModule = {
  command: 'bench',
  describe: 'measure this machine, and compare',
  builder: (parser: Argv) => parser.command(ratioCommand).command(benchMpiCommand).demandCommand(1, 'bench what?'),
  handler: () => {},
};
