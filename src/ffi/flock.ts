import { DataType, load, open } from 'ffi-rs';

/** Of flock(2). */
const exclusive = 2;
const withoutWaiting = 4;

/** Locks an open file or folder for this process, until it is closed; false where that cannot be. */
export function flock(file: number): boolean {
  open({ library: 'self', path: '' });
  const failed = load({
    library: 'self',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [file, exclusive | withoutWaiting],
  });
  return failed === 0;
}
