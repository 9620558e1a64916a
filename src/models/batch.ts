/**
 * Blocks per run. Every run has this size, the last one padded: so every block meets the same kernels in the same
 * company, and results do not depend on the number of ranks. Larger runs gain little: at 256, a run of the MLP encoder
 * takes most of a millisecond and its fixed cost is some 30 µs.
 */
export const batchSize = 256;

/** Blocks per run at most on a GPU, to which 256 are too little work for what starting and copying cost. */
export const gpuBatchSize = 8192;
