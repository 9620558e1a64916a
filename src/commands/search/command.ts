import type { Argv, CommandModule } from 'yargs';
import { analyseCommand } from './analyse.js';
import { consolidateCommand } from './consolidate.js';
import { searchRunCommand } from './run-command.js';

export const searchCommand: CommandModule = {
  command: 'search',
  describe: 'search for the architecture that suits the data: many trials, compared',
  builder: (parser: Argv) =>
    parser
      .command(searchRunCommand)
      .command(consolidateCommand)
      .command(analyseCommand)
      .demandCommand(1, 'search how?'),
  handler: () => {},
};
