// Angular: the injection token of the function that opens a transcription.
import { InjectionToken } from '@angular/core';
import type { Open } from './open.ts';

export const OPEN = new InjectionToken<Open>('opens a transcription');
