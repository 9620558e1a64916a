import { randomUUID } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { packageFile } from '../package-file.js';
import type { Communicator, Request } from './communicator.js';
import type { Place, WatchdogData, WatchdogMessage } from './watchdog.js';
import { createWhereabouts, during } from './whereabouts.js';

/** A thread that has not started by then will be said not to answer. */
const startMilliseconds = 10_000;

/**
 * The same group of ranks, watched: where one does not come to an operation that this rank waits in for `stallSeconds`, it is named
 * on stderr and the job ends. A thread beside the blocked one asks the other ranks' threads by TCP, so it needs nothing of MPI, and
 * costs an operation nothing but a few notes in memory. A collective call.
 */
export function watch(communicator: Communicator, stallSeconds: number): Communicator {
  const shared = createWhereabouts();
  const memory = new Int32Array(shared);
  const watchdog = startWatchdog(communicator, shared, stallSeconds);
  const together = <T>(operation: Parameters<typeof during>[1], action: () => T) =>
    during(memory, operation, undefined, action);
  return {
    rank: communicator.rank,
    size: communicator.size,
    localRank: communicator.localRank,
    localSize: communicator.localSize,
    library: communicator.library,
    barrier: () => together('barrier', () => communicator.barrier()),
    broadcast: (buffer, root) => together('broadcast', () => communicator.broadcast(buffer, root)),
    allreduce: (buffer, operation) => together('allreduce', () => communicator.allreduce(buffer, operation)),
    reduce: (buffer, operation, root) => together('reduce', () => communicator.reduce(buffer, operation, root)),
    allgather: (bytes) => together('allgather', () => communicator.allgather(bytes)),
    gather: (bytes, root) => together('gather', () => communicator.gather(bytes, root)),
    gatherInto: (bytes, into, root) => together('gather', () => communicator.gatherInto(bytes, into, root)),
    exchange: (messages) => together('exchange', () => communicator.exchange(messages)),
    send: (bytes, to, tag) => during(memory, 'send', to, () => communicator.send(bytes, to, tag)),
    receive: (from, tag) => during(memory, 'receive', from, () => communicator.receive(from, tag)),
    receiveInto: (buffer, from, tag) =>
      during(memory, 'receive', from, () => communicator.receiveInto(buffer, from, tag)),
    startSend: (bytes, to, tag) => watchRequest(memory, to, communicator.startSend(bytes, to, tag)),
    // Its operations are not counted: those of the other ranks would seem to be missing.
    first: (count) => communicator.first(count),
    finalize() {
      // The last rank to come here may have had files to close: nobody is missing, however long that takes.
      communicator.barrier();
      const leave: WatchdogMessage = { exitCode: Number(process.exitCode ?? 0) };
      watchdog.postMessage(leave);
      communicator.finalize();
      void watchdog.terminate();
    },
    abort: (code) => communicator.abort(code),
  };
}

function watchRequest(memory: Int32Array, to: number, request: Request): Request {
  return {
    wait: () => during(memory, 'wait for a send', to, () => request.wait()),
    test: () => request.test(),
  };
}

/** Starts this rank's watchdog and tells it where those of the other ranks listen. */
function startWatchdog(communicator: Communicator, whereabouts: SharedArrayBuffer, stallSeconds: number): Worker {
  const port = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const key = randomUUID();
  const workerData: WatchdogData = { rank: communicator.rank, whereabouts, stallSeconds, key, port };
  const watchdog = new Worker(packageFile('build/bin/watchdog.js'), { workerData });
  watchdog.unref();
  Atomics.wait(new Int32Array(port), 0, 0, startMilliseconds);
  const place: Place = { host: hostname(), addresses: outsideAddresses(), port: new Int32Array(port)[0]!, key };
  const places = communicator.allgather(Buffer.from(JSON.stringify(place)));
  const tell: WatchdogMessage = { places: places.map((bytes) => JSON.parse(Buffer.from(bytes).toString())) };
  watchdog.postMessage(tell);
  return watchdog;
}

/** Of this node on its networks; other nodes may reach only some of them. */
function outsideAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address),
  );
}
