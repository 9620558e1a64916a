export * from './arithmetic.js';
export * from './collective.js';
export * from './gradient.js';
export * from './graph.js';
export * from './layout.js';
export * from './matrix.js';
export { decodeModel } from './proto.js';
export * from './stages.js';
export { constant, type DataType, type Dim, GraphError, input, type Shape, scalar, type Value } from './value.js';
