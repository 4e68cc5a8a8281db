import { mulaw } from './sampleDecoder.ts';
import type { PcmFormat } from './pcm.ts';

/** Centres of the bands, in hertz: an octave each, together most of the energy of speech. */
const BANDS_HZ = [300, 600, 1200, 2400];
/** Quality of the band filters: a width of one octave. */
const QUALITY = 1.41;
/** The least rate that carries these bands, in hertz; audio at higher rates is averaged down towards it. */
const LEAST_RATE = 8000;
/** Length of a window, in milliseconds. */
const WINDOW_MS = 40;
/** How fast the noise floor of a band rises, in dB per window, and which part of the way it falls: 1 dB per second, half. */
const RISE_DB = WINDOW_MS / 1000;
const FALL = 0.5;
/** By how much a band must exceed its floor, in dB: more if the noise itself varies, but never more than `MOST_DB`. */
const LEAST_DB = 7;
const MOST_DB = 15;
/** Which part of the way the measure of that variation goes in a window: it takes 10 s to adapt. */
const ADAPT = WINDOW_MS / 10_000;
/** The most that one window counts in it, in dB. */
const MOST_VARIATION_DB = 20;
/** Bands below this level are no speech, whatever the floor, in dBFS. */
const QUIET_DB = -78;
/** Speech exceeds the floor in so many of the latest windows: a click is shorter. */
const HITS = 3;
const LATEST = 5;
/** For so many windows, one second, the noise is unknown, and any sound counts as speech. */
const LEARNING = 1000 / WINDOW_MS;

/** One band: a filter, the energy of the present window, and the noise floor in dBFS. */
interface Band {
  readonly gain: number;
  readonly a1: number;
  readonly a2: number;
  y1: number;
  y2: number;
  energy: number;
  floor: number;
}

/**
 * Detects speech in mono PCM by its level over an adaptive noise floor, in four bands.
 *
 * It prefers a false alarm to a missed word: steady noise becomes the floor, but music and other voices may count as
 * speech. The constants were chosen with test/bench/speech.js.
 */
export class SpeechDetector {
  readonly #mulaw: boolean;
  /** How many samples are averaged into one. */
  readonly #step: number;
  /** How many averaged samples are a window. */
  readonly #size: number;
  readonly #bands: readonly Band[];
  #sum = 0;
  #summed = 0;
  #x1 = 0;
  #x2 = 0;
  #filled = 0;
  /** How many samples of the present window differ from the one before: few do in digital silence. */
  #changes = 0;
  #windows = 0;
  /** The average by which the loudest band exceeds its floor, in dB. */
  #variation = 0;
  /** The latest windows, the last one in the lowest bit: 1 for those over the floor. */
  #latest = 0;

  constructor({ sampleRate, encoding }: PcmFormat) {
    this.#mulaw = encoding === 'pcm_mulaw';
    this.#step = Math.floor(sampleRate / LEAST_RATE);
    const rate = sampleRate / this.#step;
    this.#size = Math.round((rate * WINDOW_MS) / 1000);
    this.#bands = BANDS_HZ.map((hertz) => bandPass(hertz / rate));
  }

  /** Whether there is speech in a frame, or was in the last moment before it. Frames are consecutive. */
  detect(frame: Uint8Array): boolean {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const sampleBytes = this.#mulaw ? 1 : 2;
    let found = false;
    for (let at = 0; at + sampleBytes <= frame.length; at += sampleBytes) {
      this.#sum += this.#mulaw ? mulaw(view.getUint8(at)) : view.getInt16(at, true) / 32_768;
      if (++this.#summed < this.#step) continue;
      this.#filter(this.#sum / this.#step);
      this.#sum = this.#summed = 0;
      if (++this.#filled < this.#size) continue;
      this.#filled = 0;
      if (this.#endWindow()) found = true;
    }
    return found;
  }

  #filter(x: number): void {
    const difference = x - this.#x2;
    if (x !== this.#x1) this.#changes++;
    for (const band of this.#bands) {
      const y = band.gain * difference - band.a1 * band.y1 - band.a2 * band.y2;
      band.y2 = band.y1;
      band.y1 = y;
      band.energy += y * y;
    }
    this.#x2 = this.#x1;
    this.#x1 = x;
  }

  #endWindow(): boolean {
    const isAlive = this.#changes > this.#size / 2;
    const isOver = isAlive && this.#isOver();
    if (!isAlive) for (const band of this.#bands) band.energy = band.y1 = band.y2 = 0;
    this.#changes = 0;
    this.#latest = ((this.#latest << 1) | Number(isOver)) & (2 ** LATEST - 1);
    return ones(this.#latest) >= HITS;
  }

  /** Compares the levels of a window with the floors, and moves the floors: digital silence shows nothing about the noise. */
  #isOver(): boolean {
    let over = 0;
    let isQuiet = true;
    for (const band of this.#bands) {
      const level = 10 * Math.log10(band.energy / this.#size);
      band.energy = 0;
      band.floor = nextFloor(band.floor, level);
      if (level < QUIET_DB) continue;
      isQuiet = false;
      over = Math.max(over, level - band.floor);
    }
    const isLearning = this.#windows < LEARNING;
    if (isLearning) this.#windows++;
    const threshold = Math.min(MOST_DB, LEAST_DB + this.#variation);
    if (isQuiet) return false;
    this.#variation += (Math.min(over, MOST_VARIATION_DB) - this.#variation) * ADAPT;
    return isLearning || over > threshold;
  }
}

/** The floor falls quickly to a lower level, and rises slowly to a higher one. It starts with the first level. */
function nextFloor(floor: number, level: number): number {
  if (Number.isNaN(floor)) return level;
  return level < floor ? floor + (level - floor) * FALL : Math.min(level, floor + RISE_DB);
}

/** A second-order filter around a frequency, given as a fraction of the sample rate. */
function bandPass(frequency: number): Band {
  const angle = 2 * Math.PI * frequency;
  const alpha = Math.sin(angle) / (2 * QUALITY);
  const scale = 1 + alpha;
  const a1 = (-2 * Math.cos(angle)) / scale;
  return { gain: alpha / scale, a1, a2: (1 - alpha) / scale, y1: 0, y2: 0, energy: 0, floor: NaN };
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
