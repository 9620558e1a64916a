import { DataType, load, open } from 'ffi-rs';

/** Of flock(2). */
const exclusive = 2;
const withoutWaiting = 4;
const wouldBlock = 11;

/** Locks an open file or folder for this process, until it is closed. `impossible`: its file system has no such locks. */
export function flock(file: number): 'taken' | 'held by another' | 'impossible' {
  open({ library: 'self', path: '' });
  const { value, errnoCode } = load<DataType.I32, true>({
    library: 'self',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [file, exclusive | withoutWaiting],
    errno: true,
  });
  if (value === 0) return 'taken';
  return errnoCode === wouldBlock ? 'held by another' : 'impossible';
}
