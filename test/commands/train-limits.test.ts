import test from 'ava';
import yargs from 'yargs';
import { type TrainOptions, trainCommand } from '../../src/commands/train/command.js';
import { train } from '../../src/commands/train/train.js';
import { connectSolo } from '../../src/dist/solo.js';
import { UsageError } from '../../src/errors.js';

const neverInterrupted = { defer() {}, signal: async () => undefined };

const refused = test.macro({
  title: (_, option: string) => `refused: --${option}`,
  async exec(t, option: string, rule: string) {
    const options = await parse(`train nowhere --${option}`);
    const message = `--${option.split(' ')[0]} must be ${rule}, got ${Number(option.split(' ')[1])}`;
    await t.throwsAsync(train(connectSolo(), options, neverInterrupted), { instanceOf: UsageError, message });
  },
});

test(refused, 'batch-size 0', 'a whole number from 1');
test(refused, 'batch-size many', 'a whole number from 1');
test(refused, 'latent-size 0', 'a whole number from 1');
test(refused, 'epochs 1.5', 'a whole number from 1');
test(refused, 'max-steps 0', 'a whole number from 1');
test(refused, 'patience 0', 'a whole number from 1');
test(refused, 'projections 0', 'a whole number from 1');
test(refused, 'max-blocks 0', 'a whole number from 1');
test(refused, 'checkpoint-every 0', 'a whole number from 1');
test(refused, 'warmup-steps -1', 'a whole number from 0');
test(refused, 'seed -1', 'a whole number from 0');
test(refused, 'lr 0', 'a number above 0');
test(refused, 'lr Infinity', 'a number above 0');
test(refused, 'divergence-weight -1', 'a number from 0');
test(refused, 'weight-decay -1', 'a number from 0');
test(refused, 'clip-norm 0', 'a number above 0');

test('refused: --block-size 9', async (t) => {
  await t.throwsAsync(parse('train nowhere --block-size 9'), { message: /block-size, Given: 9, Choices: 5, 6, 7, 8/ });
});

/** The command line as `swae` reads it, without its doing anything. */
async function parse(line: string): Promise<TrainOptions> {
  let options: TrainOptions | undefined;
  const handler = (parsed: TrainOptions) => {
    options = parsed;
  };
  const parser = yargs().command({ ...trainCommand, handler });
  const fail = (message: string, error: Error) => {
    throw error ?? new Error(message);
  };
  await parser.strict().exitProcess(false).fail(fail).parseAsync(line.split(' '));
  return options!;
}
