/** What can go wrong. */
export type FaultKind = 'reset';

/** What goes wrong, and when. */
export type FaultPlan = readonly { readonly atMs: number; readonly fault: FaultKind }[];
