import type { Argv } from 'yargs';
import type { Communicator } from '../../../dist/communicator.js';
import { exitCode, InputError } from '../../../errors.js';
import { printPart, printResult } from '../../../terminal.js';
import { collectiveCommand } from '../../command-module.js';
import { requireWhole } from '../../options.js';
import { describeMachine, formatMachine } from '../machine.js';
import { measure, type Repeats } from './measure.js';
import { operationNames, operations } from './operations.js';
import { formatOperation, formatVerdict, type Report, reportOf } from './report.js';
import { powersOfTwo, requireSize } from './sizes.js';

function options(parser: Argv) {
  return parser
    .option('operation', {
      choices: operationNames,
      array: true,
      default: operationNames,
      describe:
        'latency: half a round trip; bandwidth: messages back to back, one way; allreduce: sums of float32; gather: to rank 0',
    })
    .option('min-size', {
      type: 'string',
      default: '4',
      describe: 'least size: bytes, or with K, M, G (powers of 1024)',
    })
    .option('max-size', { type: 'string', default: '4M', describe: 'largest size' })
    .option('iterations', {
      type: 'number',
      describe: 'timed runs of each size. Default: 1000, fewer of large sizes, at least 10',
    })
    .option('warm-up', { type: 'number', describe: 'runs before those. Default: a tenth, at least 5' })
    .option('rounds', {
      type: 'number',
      default: 1,
      describe:
        'times that all runs of a size are repeated; the fastest round counts, as other work on a machine only slows',
    })
    .example('./launch.sh -n 2 bench mpi', 'the whole table between two ranks')
    .example('srun -N2 --ntasks-per-node=1 node build/bin/swae.js bench mpi --max-size 64M', 'between two nodes')
    .example('$0 bench mpi --operation allreduce --json', 'one operation, to be read by a program')
    .epilogue(
      'Point-to-point: rank i with rank i + n/2, all pairs at once. Times are the mean of a rank over its runs; min, avg and max are over ranks.',
    )
    .epilogue(
      'algbw and busbw are those of nccl-tests: algbw = size / avg; busbw = algbw × 1 (latency, bandwidth), × 2(n−1)/n (allreduce), × (n−1)/n (gather; its size is that of all ranks together).',
    )
    .epilogue(
      '"wrong" counts elements that arrived otherwise than sent. The last line is the link as `swae costs` takes it.',
    );
}

type BenchMpiOptions = Awaited<ReturnType<typeof options>['argv']>;

export const benchMpiCommand = collectiveCommand(
  'mpi',
  'latency and bandwidth of messages, allreduce and gather between the ranks',
  options,
  benchMpi,
);

/** Exit code 1 where data arrived otherwise than sent. */
function benchMpi(communicator: Communicator, parsed: BenchMpiOptions): number {
  const sizes = powersOfTwo(requireSize('min-size', parsed.minSize), requireSize('max-size', parsed.maxSize));
  const repeats = resolveRepeats(parsed);
  if (communicator.size < 2)
    throw new InputError('bench mpi measures between ranks, and there is only one', {
      hint: './launch.sh -n 2 bench mpi, or srun or mpirun with two ranks or more.',
    });
  const machine = describeMachine(communicator);
  printPart(formatMachine('bench mpi', machine));
  const names = operationNames.filter((name) => parsed.operation.includes(name));
  const measured = names.map((name) => {
    const rows = measure(communicator, operations[name], sizes, repeats);
    printPart(formatOperation(name, rows));
    return { name, rows };
  });
  const report: Report = reportOf(machine, measured);
  printResult(report, formatVerdict(report));
  return report.wrong === 0 ? exitCode.success : exitCode.failure;
}

function resolveRepeats({ iterations, warmUp, rounds }: BenchMpiOptions): Repeats {
  requireWhole('rounds', rounds, 1);
  if (iterations !== undefined) requireWhole('iterations', iterations, 1);
  if (warmUp !== undefined) requireWhole('warm-up', warmUp, 0);
  return { iterations, warmUp, rounds };
}
