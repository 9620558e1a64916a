/** The header Range (RFC 9110, section 14). */

/**
 * [start, stop) of a file of so many bytes; undefined, for the whole file, where there is no header or one that may be ignored: another unit,
 * several ranges.
 */
export function parseRange(header: string | undefined, bytes: number): [number, number] | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  // Without a first byte it is so many at the end.
  const start = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const stop = first === '' || last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return start < stop ? [start, stop] : 'unsatisfiable';
}
