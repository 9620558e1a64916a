import { setTimeout } from 'node:timers/promises';
import type { Communicator } from './communicator.js';

const doneTag = 23;
const pollMilliseconds = 20;

/**
 * The first `count` ranks do `action` as a group of their own; the others sleep until rank 0 is done with it, which keeps their cores
 * free (a rank that waits in MPI keeps its core busy), and get undefined. A collective call.
 */
export async function onFirst<Result>(
  communicator: Communicator,
  count: number,
  action: (group: Communicator) => Promise<Result>,
): Promise<Result | undefined> {
  const group = communicator.first(count);
  if (!group) {
    // Done when rank 0 takes it.
    const request = communicator.startSend(new Uint8Array(), 0, doneTag);
    while (!request.test()) await setTimeout(pollMilliseconds);
    return undefined;
  }
  const result = await action(group);
  group.finalize();
  if (communicator.rank === 0)
    for (let other = count; other < communicator.size; other++) communicator.receive(other, doneTag);
  return result;
}
