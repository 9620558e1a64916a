import type { Argv, CommandModule } from 'yargs';
import { benchCompressCommand } from './compress/command.js';
import { benchMpiCommand } from './mpi/command.js';
import { ratioCommand } from './ratio.js';
import { benchScalingCommand } from './scaling/command.js';
import { benchDecodeCommand, benchEncodeCommand, benchTrainCommand } from './speed/command.js';
import { benchTransferCommand } from './transfer/command.js';

export const benchCommand: CommandModule = {
  command: 'bench',
  describe: 'measure this machine, and compare',
  builder: (parser: Argv) =>
    parser
      .command(benchEncodeCommand)
      .command(benchDecodeCommand)
      .command(benchTrainCommand)
      .command(benchCompressCommand)
      .command(benchScalingCommand)
      .command(benchTransferCommand)
      .command(ratioCommand)
      .command(benchMpiCommand)
      .demandCommand(1, 'bench what?'),
  handler: () => {},
};
