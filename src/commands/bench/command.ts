import type { Argv, CommandModule } from 'yargs';
import { benchMpiCommand } from './mpi/command.js';

export const benchCommand: CommandModule = {
  command: 'bench',
  describe: 'measure what the machine does',
  builder: (parser: Argv) => parser.command(benchMpiCommand).demandCommand(1, 'bench what?'),
  handler: () => {},
};
