import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Subject } from '../../../engines/throughput.js';
import { InputError } from '../../../errors.js';
import { packageFile } from '../../../package-file.js';
import type { Setting } from './setting.js';
import type { TaskName } from './tasks.js';

const script = packageFile('bench/pytorch.py');

/** The same networks in a process of PyTorch, which sleeps when it is not its turn. */
export interface Pytorch {
  readonly version: string;
  /** At most one at a time is of use: a new one takes the place of the one before. */
  open(task: TaskName, setting: Setting): Promise<Subject>;
  close(): Promise<void>;
}

/** Throws InputError where the interpreter is not there or has no torch. */
export async function startPytorch(python: string): Promise<Pytorch> {
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.on('error', (error) => (complaint = error.message));
  const ended = once(child, 'close').catch(() => {});
  // Where it ends early, what is read next says so.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value);
    await ended;
    throw new InputError(`--python ${python}: ${complaint.trim().split('\n').at(-1)}`, {
      hint: 'Into an environment of its own: pip install torch',
    });
  };
  const ask = (question: object) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer();
  };
  const { version } = await answer();
  return {
    version,
    async open(task, { architecture: { name, blockSize, latentSize }, rows, threads, bare }) {
      await ask({ task, name, blockSize, latentSize, rows, threads, bare });
      return { round: async (milliseconds) => (await ask({ milliseconds })).rate };
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
