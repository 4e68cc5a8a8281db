import type { Stats } from '../../operators/events.ts';

/** The memory of a process after so many hours of audio, in bytes, after garbage collection. */
export interface Sample {
  readonly hour: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
  /** Handles and requests that keep the process from ending. */
  readonly handles: number;
}

export interface SoakResult {
  readonly code: number | null;
  readonly samples: readonly Sample[];
  readonly finals: number;
  readonly stats: Stats;
}

export const YOUNG_GENERATION: string;

export function runSoak(
  service: { readonly url: string; readonly apiKey: string },
  hours: number,
  options?: {
    readonly perHour?: number;
    readonly onSample?: (sample: Sample) => void;
  },
): Promise<SoakResult>;

export function expectedFinals(ms: number): number;

export function growthPerHour(
  samples: readonly Sample[],
  name: 'heapUsed' | 'external' | 'rss',
  afterHour: number,
): number;
