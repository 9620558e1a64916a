/**
 * Blocks per run. Every run has this size, the last one padded: so every block meets the same kernels in the same
 * company, and results do not depend on the number of ranks. Larger runs gain little: at 256, a run of the MLP encoder
 * takes most of a millisecond and its fixed cost is some 30 µs.
 */
export const batchSize = 256;
