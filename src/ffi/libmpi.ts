import { DataType, load } from 'ffi-rs';
import type { Datatype, MpiLibrary, Operation } from './abi.js';

/** A communicator or request as the library knows it. */
export type Handle = number;
/** A buffer of the process, used in place; or a special address of the ABI. */
export type Memory = ArrayBufferView | 'in-place' | 'none';
/** A request's handle where the library can write it; belongs to the request until it is done. */
export type RequestSlot = Uint8Array;

/** Where each rank's bytes are in a buffer. */
export interface Layout {
  readonly counts: Int32Array;
  readonly offsets: Int32Array;
}

/** A call that the library answered with an error code. */
export class MpiError extends Error {
  override readonly name = 'MpiError';
}

/** One method for each MPI function used. Counts are elements of the datatype, below 2^31. Each throws MpiError. */
export type Libmpi = ReturnType<typeof bindLibmpi>;

interface Argument {
  readonly type: DataType;
  readonly value: unknown;
}

const int = (value: number): Argument => ({ type: DataType.I32, value });
const address = (value: number): Argument => ({ type: DataType.I64, value });
const bytes = (view: ArrayBufferView): Argument => ({
  type: DataType.U8Array,
  value: new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
});
const none = address(0);

const maxErrorStringBytes = 512;
/** Opaque to us; 20 bytes in MPICH, 24 in Open MPI, 32 in the standard ABI. */
const statusBytes = 64;

/** Binds the functions of an opened library. Nothing but `init` and `initialized` may be called before `init`. */
export function bindLibmpi(library: MpiLibrary) {
  const { abi, shared } = library;
  const handle = (value: Handle): Argument => (abi.handleBytes === 4 ? int(value) : address(value));
  const datatype = (name: Datatype) => handle(abi.datatypes[name]);
  const operation = (name: Operation) => handle(abi.operations[name]);
  const memory = (value: Memory): Argument =>
    value === 'in-place' ? address(abi.inPlace) : value === 'none' ? none : bytes(value);
  const statusIgnore = address(abi.statusIgnore);

  function invoke(name: string, args: readonly Argument[]): number {
    return load({
      library: shared.key,
      funcName: name,
      retType: DataType.I32,
      paramsType: args.map((argument) => argument.type),
      paramsValue: args.map((argument) => argument.value),
    });
  }

  function call(name: string, ...args: Argument[]): void {
    const code = invoke(name, args);
    if (code !== 0) throw new MpiError(`${name}: ${errorString(code)}`);
  }

  function errorString(code: number): string {
    const text = Buffer.alloc(maxErrorStringBytes);
    const length = new Int32Array(1);
    const failed = invoke('MPI_Error_string', [int(code), bytes(text), bytes(length)]) !== 0;
    return failed ? `error ${code}` : text.toString('latin1', 0, length[0]);
  }

  function readInt(name: string, ...args: Argument[]): number {
    const value = new Int32Array(1);
    call(name, ...args, bytes(value));
    return value[0]!;
  }

  function readHandle(slot: Uint8Array): Handle {
    const view = new DataView(slot.buffer, slot.byteOffset);
    return abi.handleBytes === 4 ? view.getInt32(0, true) : Number(view.getBigUint64(0, true));
  }

  return {
    world: abi.world as Handle,

    /** The process will call from its main thread alone. */
    init(): void {
      readInt('MPI_Init_thread', none, none, int(abi.threadFunneled));
    },
    initialized: (): boolean => readInt('MPI_Initialized') !== 0,
    finalize: (): void => call('MPI_Finalize'),
    abort: (communicator: Handle, code: number): void => call('MPI_Abort', handle(communicator), int(code)),

    /** Errors of calls on this communicator become return codes; they end the process otherwise. */
    returnErrors: (communicator: Handle): void =>
      call('MPI_Comm_set_errhandler', handle(communicator), handle(abi.errorsReturn)),
    rank: (communicator: Handle): number => readInt('MPI_Comm_rank', handle(communicator)),
    size: (communicator: Handle): number => readInt('MPI_Comm_size', handle(communicator)),
    /** The ranks of `communicator` that share this rank's memory, in the same order. */
    splitByNode(communicator: Handle, key: number): Handle {
      const slot = new Uint8Array(8);
      call(
        'MPI_Comm_split_type',
        handle(communicator),
        int(abi.typeShared),
        int(key),
        handle(abi.infoNull),
        bytes(slot),
      );
      return readHandle(slot);
    },
    /** The ranks of `communicator` that give the same colour, in the order of their keys. */
    split(communicator: Handle, color: number, key: number): Handle {
      const slot = new Uint8Array(8);
      call('MPI_Comm_split', handle(communicator), int(color), int(key), bytes(slot));
      return readHandle(slot);
    },
    free(communicator: Handle): void {
      const slot = new Uint8Array(8);
      new DataView(slot.buffer).setBigInt64(0, BigInt(communicator), true);
      call('MPI_Comm_free', bytes(slot));
    },

    barrier: (communicator: Handle): void => call('MPI_Barrier', handle(communicator)),
    broadcast: (buffer: Memory, count: number, type: Datatype, root: number, communicator: Handle): void =>
      call('MPI_Bcast', memory(buffer), int(count), datatype(type), int(root), handle(communicator)),
    allreduce(
      from: Memory,
      to: Memory,
      count: number,
      type: Datatype,
      reduction: Operation,
      communicator: Handle,
    ): void {
      const what = [memory(from), memory(to), int(count), datatype(type), operation(reduction)];
      call('MPI_Allreduce', ...what, handle(communicator));
    },
    reduce(
      from: Memory,
      to: Memory,
      count: number,
      type: Datatype,
      reduction: Operation,
      root: number,
      communicator: Handle,
    ): void {
      const what = [memory(from), memory(to), int(count), datatype(type), operation(reduction)];
      call('MPI_Reduce', ...what, int(root), handle(communicator));
    },
    /** Bytes of every rank into `to` on `root`, which lies there as `layout` says. */
    gatherBytes(from: Uint8Array, to: Memory, layout: Layout, root: number, communicator: Handle): void {
      const [sent, received] = gathering(from, to, layout);
      call('MPI_Gatherv', ...sent, ...received, int(root), handle(communicator));
    },
    /** `from` of every rank, all of one length, one after the other into `to` on `root`. */
    gatherEqualBytes(from: Uint8Array, to: Memory, root: number, communicator: Handle): void {
      const what = [int(from.length), datatype('byte')];
      call('MPI_Gather', bytes(from), ...what, memory(to), ...what, int(root), handle(communicator));
    },
    /** One number for each rank, to it. */
    exchangeNumbers(from: Float64Array, to: Float64Array, communicator: Handle): void {
      const one = [int(1), datatype('double')];
      call('MPI_Alltoall', bytes(from), ...one, bytes(to), ...one, handle(communicator));
    },
    /** Of `from` what `sent` says to each rank, and from each what `received` says into `to`. */
    exchangeBytes(from: Uint8Array, sent: Layout, to: Uint8Array, received: Layout, communicator: Handle): void {
      const what = (memory: Uint8Array, { counts, offsets }: Layout) => [memory, counts, offsets].map(bytes);
      const byte = datatype('byte');
      call('MPI_Alltoallv', ...what(from, sent), byte, ...what(to, received), byte, handle(communicator));
    },
    /** As `gatherBytes`, on every rank. */
    allgatherBytes(from: Uint8Array, to: Memory, layout: Layout, communicator: Handle): void {
      const [sent, received] = gathering(from, to, layout);
      call('MPI_Allgatherv', ...sent, ...received, handle(communicator));
    },

    send: (buffer: Uint8Array, to: number, tag: number, communicator: Handle): void =>
      call('MPI_Send', bytes(buffer), int(buffer.length), datatype('byte'), int(to), int(tag), handle(communicator)),
    /** A send that is done only when the receiver has begun to take the message. */
    startSynchronousSend(buffer: Uint8Array, to: number, tag: number, communicator: Handle): RequestSlot {
      const slot = new Uint8Array(8);
      const what = [bytes(buffer), int(buffer.length), datatype('byte'), int(to), int(tag)];
      call('MPI_Issend', ...what, handle(communicator), bytes(slot));
      return slot;
    },
    wait: (request: RequestSlot): void => call('MPI_Wait', bytes(request), statusIgnore),
    test(request: RequestSlot): boolean {
      const done = new Int32Array(1);
      call('MPI_Test', bytes(request), bytes(done), statusIgnore);
      return done[0] !== 0;
    },
    /** Waits until a message is there to be received, and tells its length in bytes. */
    probeBytes(from: number, tag: number, communicator: Handle): number {
      const status = new Uint8Array(statusBytes);
      call('MPI_Probe', int(from), int(tag), handle(communicator), bytes(status));
      return readInt('MPI_Get_count', bytes(status), datatype('byte'));
    },
    receive(buffer: Uint8Array, from: number, tag: number, communicator: Handle): void {
      const what = [bytes(buffer), int(buffer.length), datatype('byte'), int(from), int(tag)];
      call('MPI_Recv', ...what, handle(communicator), statusIgnore);
    },
  };

  function gathering(from: Uint8Array, to: Memory, { counts, offsets }: Layout): [Argument[], Argument[]] {
    return [
      [bytes(from), int(from.length), datatype('byte')],
      [memory(to), bytes(counts), bytes(offsets), datatype('byte')],
    ];
  }
}
