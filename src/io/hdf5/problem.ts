/** What did not arrive as it was: `lost` is not there, `changed` has all its values in another type. */
export interface CopyProblem {
  /** In the source: `/grp/name`, or `/grp/name@attribute`. */
  readonly path: string;
  readonly kind: 'lost' | 'changed';
  readonly reason: string;
}
