import type { Datatype } from '../ffi/abi.js';
import type { Handle, Layout, Libmpi, RequestSlot } from '../ffi/libmpi.js';
import type { Communicator, NumericArray, ReduceOperation, Request } from './communicator.js';

export interface WorldOptions {
  /** Largest part of a message, in bytes: MPI counts in 32-bit ints, so longer ones travel in parts. */
  readonly partBytes?: number;
}

const defaultPartBytes = 2 ** 30;

/** All ranks that the launcher started, or the first of them, connected by an MPI library. */
export class World implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly localRank: number;
  readonly localSize: number;
  readonly library: string;
  readonly #mpi: Libmpi;
  readonly #group: Handle;
  readonly #isWorld: boolean;
  readonly #partBytes: number;

  /** Without a `group` it is all ranks, and MPI is initialised, which can be done once in a process. */
  constructor(mpi: Libmpi, library: string, { partBytes = defaultPartBytes }: WorldOptions = {}, group?: Handle) {
    this.#mpi = mpi;
    this.#group = group ?? mpi.world;
    this.#isWorld = group === undefined;
    this.#partBytes = partBytes;
    this.library = library;
    if (this.#isWorld) mpi.init();
    mpi.returnErrors(this.#group);
    this.rank = mpi.rank(this.#group);
    this.size = mpi.size(this.#group);
    const node = mpi.splitByNode(this.#group, this.rank);
    this.localRank = mpi.rank(node);
    this.localSize = mpi.size(node);
    mpi.free(node);
  }

  barrier(): void {
    this.#mpi.barrier(this.#group);
  }

  broadcast(buffer: NumericArray | Uint8Array, root: number): void {
    for (const part of this.#parts(bytesOf(buffer))) {
      this.#mpi.broadcast(part, part.length, 'byte', root, this.#group);
    }
  }

  allreduce(buffer: NumericArray, operation: ReduceOperation): void {
    for (const part of this.#parts(buffer)) {
      this.#mpi.allreduce('in-place', part, part.length, datatypeOf(part), operation, this.#group);
    }
  }

  reduce(buffer: NumericArray, operation: ReduceOperation, root: number): void {
    for (const part of this.#parts(buffer)) {
      // A copy, as MPICH 4.0 crashes on an in-place reduction to another rank than 0.
      const [from, to] = this.rank === root ? [part.slice(), part] : [part, 'none' as const];
      this.#mpi.reduce(from, to, part.length, datatypeOf(part), operation, root, this.#group);
    }
  }

  allgather(bytes: Uint8Array): Uint8Array[] {
    return this.#gatherInRounds(bytes, this.#lengths(bytes), true, (part, round, layout) =>
      this.#mpi.allgatherBytes(part, round, layout, this.#group),
    );
  }

  gather(bytes: Uint8Array, root: number): Uint8Array[] | undefined {
    const isRoot = this.rank === root;
    const gathered = this.#gatherInRounds(bytes, this.#lengths(bytes), isRoot, (part, round, layout) =>
      this.#mpi.gatherBytes(part, round, layout, root, this.#group),
    );
    return isRoot ? gathered : undefined;
  }

  gatherInto(bytes: Uint8Array, into: Uint8Array, root: number): void {
    const total = bytes.length * this.size;
    if (total > this.#partBytes)
      throw new Error(`gatherInto: ${total} bytes are more than one message of ${this.#partBytes}`);
    this.#mpi.gatherEqualBytes(bytes, this.rank === root ? into : 'none', root, this.#group);
  }

  exchange(messages: readonly Uint8Array[]): Uint8Array[] {
    if (messages.length !== this.size) throw new Error(`exchange: ${messages.length} messages for ${this.size} ranks`);
    const sent = Float64Array.from(messages, ({ length }) => length);
    const received = new Float64Array(this.size);
    this.#mpi.exchangeNumbers(sent, received, this.#group);
    const longest = Float64Array.of(Math.max(...sent));
    this.allreduce(longest, 'max');
    const targets = Array.from(received, (length) => new Uint8Array(length));
    const step = this.#roundStep;
    for (let start = 0; start < longest[0]!; start += step) {
      const [outgoing, incoming] = [sent, received].map((lengths) => roundOf(lengths, start, step));
      const round = new Uint8Array(bytesIn(incoming!));
      const parts = concatenate(messages.map((message) => message.subarray(start, start + step)));
      this.#mpi.exchangeBytes(parts, outgoing!, round, incoming!, this.#group);
      deliver(round, incoming!, targets, start);
    }
    return targets;
  }

  send(bytes: Uint8Array, to: number, tag: number): void {
    for (const part of this.#messageParts(bytes)) this.#mpi.send(part, to, tag, this.#group);
  }

  receive(from: number, tag: number): Uint8Array {
    const parts: Uint8Array[] = [];
    do {
      const part = new Uint8Array(this.#mpi.probeBytes(from, tag, this.#group));
      this.#mpi.receive(part, from, tag, this.#group);
      parts.push(part);
    } while (parts.at(-1)!.length === this.#partBytes);
    return parts.length === 1 ? parts[0]! : concatenate(parts);
  }

  receiveInto(buffer: Uint8Array, from: number, tag: number): void {
    for (const part of this.#messageParts(buffer)) this.#mpi.receive(part, from, tag, this.#group);
  }

  startSend(bytes: Uint8Array, to: number, tag: number): Request {
    const requests = this.#messageParts(bytes).map((part) =>
      this.#mpi.startSynchronousSend(part, to, tag, this.#group),
    );
    return new SendRequest(this.#mpi, bytes, requests);
  }

  first(count: number): Communicator | undefined {
    const isIn = this.rank < count;
    const group = this.#mpi.split(this.#group, isIn ? 0 : 1, this.rank);
    if (isIn) return new World(this.#mpi, this.library, { partBytes: this.#partBytes }, group);
    this.#mpi.free(group);
    return undefined;
  }

  finalize(): void {
    if (this.#isWorld) this.#mpi.finalize();
    else this.#mpi.free(this.#group);
  }

  abort(code: number): never {
    this.#mpi.abort(this.#group, code);
    // Reached only where the library leaves the killing to the launcher.
    process.exit(code);
  }

  #parts<T extends NumericArray | Uint8Array>(buffer: T): T[] {
    const step = Math.max(1, Math.floor(this.#partBytes / buffer.BYTES_PER_ELEMENT));
    const parts: T[] = [];
    for (let start = 0; start < buffer.length; start += step) parts.push(buffer.subarray(start, start + step) as T);
    return parts;
  }

  /** The receiver knows the last part by its being shorter than `partBytes`; it is empty where nothing is left. */
  #messageParts(bytes: Uint8Array): Uint8Array[] {
    const parts = this.#parts(bytes);
    if (bytes.length % this.#partBytes === 0) parts.push(bytes.subarray(bytes.length));
    return parts;
  }

  /** The length of every rank's bytes; exact in float64. */
  #lengths(bytes: Uint8Array): Float64Array {
    const lengths = new Float64Array(this.size);
    lengths[this.rank] = bytes.length;
    this.allreduce(lengths, 'sum');
    return lengths;
  }

  /** Collects in as many rounds as it takes to keep each below `partBytes` in sum over the ranks. */
  #gatherInRounds(
    bytes: Uint8Array,
    lengths: Float64Array,
    receives: boolean,
    gatherRound: (part: Uint8Array, round: Uint8Array | 'none', layout: Layout) => void,
  ): Uint8Array[] {
    const step = this.#roundStep;
    const gathered = receives ? Array.from(lengths, (length) => new Uint8Array(length)) : [];
    const longest = Math.max(...lengths);
    for (let start = 0; start < longest; start += step) {
      const layout = roundOf(lengths, start, step);
      const round = receives ? new Uint8Array(bytesIn(layout)) : 'none';
      gatherRound(bytes.subarray(start, start + step), round, layout);
      if (round !== 'none') deliver(round, layout, gathered, start);
    }
    return gathered;
  }

  /** Of each rank's bytes so many at once keep what is collected below `partBytes` in sum. */
  get #roundStep(): number {
    return Math.max(1, Math.floor(this.#partBytes / this.size));
  }
}

/** Keeps the bytes alive until the library is done with them. */
class SendRequest implements Request {
  #bytes: Uint8Array | undefined;
  readonly #mpi: Libmpi;
  readonly #requests: readonly RequestSlot[];

  constructor(mpi: Libmpi, bytes: Uint8Array, requests: readonly RequestSlot[]) {
    this.#mpi = mpi;
    this.#bytes = bytes;
    this.#requests = requests;
  }

  wait(): void {
    if (!this.#bytes) return;
    for (const request of this.#requests) this.#mpi.wait(request);
    this.#bytes = undefined;
  }

  test(): boolean {
    // A request that is done answers true again, so each call may start from the first.
    if (this.#bytes && this.#requests.every((request) => this.#mpi.test(request))) this.#bytes = undefined;
    return this.#bytes === undefined;
  }
}

function datatypeOf(array: NumericArray): Datatype {
  if (array instanceof Float32Array) return 'float';
  return array instanceof Float64Array ? 'double' : 'int';
}

function bytesOf(array: NumericArray | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Of bytes of these lengths those from `start`, at most `step` of each, one after the other. */
function roundOf(lengths: Float64Array, start: number, step: number): Layout {
  const counts = Int32Array.from(lengths, (length) => Math.min(Math.max(length - start, 0), step));
  return { counts, offsets: runningSums(counts) };
}

function bytesIn({ counts, offsets }: Layout): number {
  return offsets.at(-1)! + counts.at(-1)!;
}

/** Puts each rank's bytes of a round into its target, from `start`. */
function deliver(round: Uint8Array, { counts, offsets }: Layout, targets: readonly Uint8Array[], start: number): void {
  for (const [rank, target] of targets.entries()) {
    const offset = offsets[rank]!;
    if (counts[rank]! > 0) target.set(round.subarray(offset, offset + counts[rank]!), start);
  }
}

function runningSums(counts: Int32Array): Int32Array {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum - count;
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
