import test from 'ava';
import { checkGradient, checkValue, type OperatorCase } from './check-operator.js';

/** One body for every operator: its value in both precisions and, unless it has none, its gradient. */
export function testOperator(title: string, operatorCase: OperatorCase & { readonly differentiable?: false }): void {
  const shapes = operatorCase.shapes.map((shape) => `[${shape}]`).join(' ');
  for (const type of ['float32', 'float64'] as const)
    test(`${title} ${shapes}: value in ${type}`, async (t) => {
      await checkValue(operatorCase, type);
      t.pass();
    });
  if (operatorCase.differentiable === false) return;
  test(`${title} ${shapes}: gradient`, async (t) => {
    await checkGradient(operatorCase);
    t.pass();
  });
}
