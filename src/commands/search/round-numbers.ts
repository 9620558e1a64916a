/** 1, 2 and 5 times powers of ten, strictly between the least and the largest of some numbers above 0. */
export function roundNumbers(values: readonly number[]): number[] {
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  const numbers: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power < largest; power++)
    for (const digit of [1, 2, 5]) numbers.push(Number(`${digit}e${power}`));
  return numbers.filter((number) => number > least && number < largest);
}
