// Angular: how components come by what opens a transcription.
import { InjectionToken } from '@angular/core';
import type { Open } from './open.ts';

export const OPEN = new InjectionToken<Open>('opens a transcription');
