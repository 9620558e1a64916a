import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../src/models/random.js';
import type { Lab, Submission } from './lab.js';

/** A run that is to be killed. */
export interface Target {
  readonly submission: Submission;
  /** What the command lines of its processes have in common. */
  readonly output: string;
  /** Rises as the run comes on. */
  progress(): number;
  /** Whether all its work is done: submitted again, it would begin another run. */
  isWhole(): boolean;
  /** Called when a start of the run is over: fails where a file with a final name is not whole. */
  check(): void;
}

const victims = ['rank', 'srun', 'slurmd'] as const;
/** A start of the ranks takes about so long, and so does some work after it; where it takes longer, that is no harm. */
const startSeconds = 2;
const workSeconds = 0.5;

/**
 * Submits the run, kills one of its processes or a node's daemon at a random moment, and again when that has ended it, `count`
 * times in all. Every other time it waits until the run has come on, so that it does. Gives the number of kills, which is less where
 * the run was over before one.
 */
export async function killAgainAndAgain(lab: Lab, source: Random, target: Target, count: number): Promise<number> {
  let id: string | undefined;
  for (let kill = 0; kill < count; kill++) {
    id ??= await lab.submit(target.submission);
    const job = id;
    let over = false;
    const ranks = () => lab.processes(new RegExp(`^\\S*node \\S*swae\\.js .*${target.output}`));
    const until = async (condition: () => boolean) => {
      while (!over && !condition()) {
        over = lab.isOver(await lab.job(job));
        await setTimeout(20);
      }
    };
    await until(() => ranks().length > 0);
    const before = target.progress();
    if (kill % 2 === 0) await until(() => target.progress() > before);
    await setTimeout(source.uniform() * (kill % 2 === 0 ? workSeconds : startSeconds) * 1000);
    over ||= lab.isOver(await lab.job(job));
    if (over) return kill;
    const victim = victims[Math.floor(source.uniform() * victims.length)]!;
    const place = source.uniform();
    if (victim === 'slurmd') {
      // The run must not mind.
      const node = place < 0.5 ? 1 : 2;
      strike(lab.processes(new RegExp(`^\\S*slurmd -N node${node}`)));
      lab.boot(node);
      if (kill < count - 1) continue;
    }
    if (victim === 'srun') strike(lab.processes(new RegExp(`^srun .*${target.output}`)));
    else
      strike(
        ranks()
          .slice(Math.floor(place * ranks().length))
          .slice(0, 1),
      );
    await lab.untilOver(job);
    target.check();
    if (target.isWhole()) return kill + 1;
    id = undefined;
  }
  return count;
}

/** What has ended meanwhile needs no more. */
function strike(pids: readonly number[]): void {
  for (const pid of pids)
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
}
