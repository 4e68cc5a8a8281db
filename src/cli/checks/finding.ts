/** The result of one check. */
export interface Finding {
  readonly check: 'node' | 'addon' | 'devices' | 'level' | 'key' | 'service' | 'clock' | 'model' | 'engine' | 'speed';
  readonly ok: boolean;
  /** The result in one line. */
  readonly found: string;
  /** What to do if it is not ok. */
  readonly advice?: string;
}
