import type { Declarations } from './declareFlags.ts';
import { LOCAL } from './localFlags.ts';
import type { LocalFlags } from './localFlags.ts';
import { OUTPUT } from './outputFlags.ts';
import type { OutputFlags } from './outputFlags.ts';
import { SPEED } from './speedFlags.ts';
import type { SpeedFlags } from './speedFlags.ts';

export interface DemoFlags extends SpeedFlags, LocalFlags, OutputFlags {}

export const DEMO: Declarations<DemoFlags> = { ...SPEED, ...LOCAL, ...OUTPUT };
