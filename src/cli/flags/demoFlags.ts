import type { Declarations } from './declareFlags.ts';
import { OUTPUT } from './outputFlags.ts';
import type { OutputFlags } from './outputFlags.ts';
import { SPEED } from './speedFlags.ts';
import type { SpeedFlags } from './speedFlags.ts';

export interface DemoFlags extends SpeedFlags, OutputFlags {}

export const DEMO: Declarations<DemoFlags> = { ...SPEED, ...OUTPUT };
