/** The element types that collectives reduce. */
export type NumericArray = Float32Array | Float64Array | Int32Array;

export type ReduceOperation = 'sum' | 'max' | 'min';

/** A message under way. The buffer belongs to it until `wait` returns or `test` answers true. */
export interface Request {
  wait(): void;
  test(): boolean;
}

/**
 * A group of ranks that run the same program; `world` calls the site's MPI library, `solo` is one process alone.
 *
 * Every rank makes the same collective calls in the same order, with arrays of the same type and length. Calls block
 * until this rank's part is done. Buffers are used in place and are not kept. A failing call throws; whoever catches
 * nothing must `abort`, so that no rank waits for ever: run programs under `guard`.
 */
export interface Communicator {
  readonly rank: number;
  readonly size: number;
  /** This rank's index among the ranks of its node; picks the device. */
  readonly localRank: number;
  readonly localSize: number;
  /** Library and version, e.g. "Open MPI 4.1.4", or "solo". */
  readonly library: string;

  barrier(): void;
  /** Copies `buffer` of rank `root` into `buffer` of every rank. */
  broadcast(buffer: NumericArray | Uint8Array, root: number): void;
  /** Element-wise reduction over ranks, result in place on every rank. */
  allreduce(buffer: NumericArray, operation: ReduceOperation): void;
  /** As `allreduce`, but only `root` gets the result; elsewhere the buffer is unchanged. */
  reduce(buffer: NumericArray, operation: ReduceOperation, root: number): void;
  /** Every rank's bytes, in rank order, on every rank; lengths may differ. */
  allgather(bytes: Uint8Array): Uint8Array[];
  /** Every rank's bytes, in rank order, on `root`; undefined elsewhere. Lengths may differ. */
  gather(bytes: Uint8Array, root: number): Uint8Array[] | undefined;
  /**
   * Equally many bytes of every rank, in rank order, into `into` on `root`, without a copy; `into` is not touched elsewhere.
   * In sum they must fit into one message.
   */
  gatherInto(bytes: Uint8Array, into: Uint8Array, root: number): void;
  /** Brings message r of every rank to rank r, and gives what each rank had for this one, in rank order; lengths may differ. */
  exchange(messages: readonly Uint8Array[]): Uint8Array[];

  /** Sends to another rank. May wait until that rank receives. Tags are 0 … 32767. */
  send(bytes: Uint8Array, to: number, tag: number): void;
  /** Waits for the next message from rank `from` with `tag`, whatever its length. */
  receive(from: number, tag: number): Uint8Array;
  /** As `receive`, into `buffer`, which must be as long as the message. */
  receiveInto(buffer: Uint8Array, from: number, tag: number): void;
  /**
   * Non-blocking send to another rank; `bytes` must not change until the request is done. It is done only when the
   * receiver takes the message, so a sender that bounds its requests bounds the receiver's memory too.
   */
  startSend(bytes: Uint8Array, to: number, tag: number): Request;

  /** The first `count` ranks as a group of their own, to be finalized; undefined on the others. A collective call. */
  first(count: number): Communicator | undefined;

  /** Leaves the group in order; the last call. */
  finalize(): void;
  /** Ends all ranks at once with this exit code. */
  abort(code: number): never;
}
