import test from 'ava';
import type { Communicator, Request } from '../../src/dist/communicator.js';
import { gatherInOrder } from '../../src/dist/gather.js';
import { connectSolo } from '../../src/dist/solo.js';

const packing = { pack: (unit: number) => Uint8Array.of(unit), unpack: ([unit]: Uint8Array) => unit! };

/** Rank 1 of 2, whose sends are done when they are waited for. */
function sender() {
  const sent: Uint8Array[] = [];
  let outstanding = 0;
  let mostOutstanding = 0;
  const startSend = (bytes: Uint8Array): Request => {
    sent.push(bytes);
    mostOutstanding = Math.max(mostOutstanding, ++outstanding);
    return { wait: () => void outstanding--, test: () => false };
  };
  const communicator: Communicator = { ...connectSolo(), rank: 1, size: 2, startSend };
  return { communicator, counts: () => ({ sent: sent.length, outstanding, mostOutstanding }) };
}

test('a sending rank has at most two messages under way and waits for all in the end', async (t) => {
  const { communicator, counts } = sender();
  const produced: number[] = [];
  const produce = async (unit: number) => {
    produced.push(unit);
    return unit;
  };
  await gatherInOrder(communicator, Uint32Array.of(0, 1, 1, 1, 0, 1, 1, 0), packing, produce, () =>
    t.fail('only rank 0 consumes'),
  );
  t.deepEqual(produced, [1, 2, 3, 5, 6]);
  t.deepEqual(counts(), { sent: 5, outstanding: 0, mostOutstanding: 2 });
});

test('a process alone consumes each unit before it produces the next', async (t) => {
  const events: string[] = [];
  await gatherInOrder(
    connectSolo(),
    Uint32Array.of(0, 0),
    packing,
    async (unit) => {
      events.push(`produce ${unit}`);
      return unit;
    },
    async (unit, result) => void events.push(`consume ${unit} ${result}`),
  );
  t.deepEqual(events, ['produce 0', 'consume 0 0', 'produce 1', 'consume 1 1']);
});
