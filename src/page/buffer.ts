/** Injected where code names Node's Buffer. */
export { Buffer } from 'buffer/index.js';
