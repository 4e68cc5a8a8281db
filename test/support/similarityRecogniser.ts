import type { RecognisedWord, Recogniser, RecogniserFactory, Recording } from '../../src/simulator/index.ts';
import { Passage } from '../../src/simulator/passage.ts';
import { SpeechActivity } from '../../src/simulator/speechActivity.ts';
import { LowBand, PER_MS } from './lowBand.ts';
import { MATCH_SIMILARITY, Alignment } from './alignment.ts';

// Lengths and positions below are samples of the low band.

/** The alignment is checked every `CHECK_EVERY` samples, over the last `CHECK_LENGTH`. */
const CHECK_EVERY = 20 * PER_MS;
const CHECK_LENGTH = 200 * PER_MS;
/** A lost alignment is noticed after at most this much audio. */
const DETECTION_DELAY = 140 * PER_MS;
/** The edge of a passage is searched in these steps; each step compares `EDGE_LENGTH`. */
const EDGE_STEP = 10 * PER_MS;
const EDGE_LENGTH = 30 * PER_MS;
/** Speech needed to find its position in the recording; less is enough at the end of the audio. */
const ANCHOR = 200 * PER_MS;
const LAST_ANCHOR = 80 * PER_MS;
/** Audio to wait for when several positions are equally similar. */
const MAX_ANCHOR = 1500 * PER_MS;
/** Audio that matches no position is held this long before it counts as unknown speech. */
const MAX_HELD = 500 * PER_MS;
/** Jumps up to this length are ignored: less than a frame. */
const TOLERATED_JUMP = 80 * PER_MS;
/** A word may lack this much at either end and still count as complete. */
const TOLERATED_EDGE = 30 * PER_MS;

/** Audio above this loudness may be speech. */
const LOUD = 150;
/** The best position must exceed all others by this much similarity. */
const CLEAR_MARGIN = 0.08;
/** Candidate positions that are compared closely: at most so many, each at least this similar. */
const MAX_CANDIDATES = 16;
const CANDIDATE_SIMILARITY = 0.4;
/** Edge search: loudness that counts fully, weight of a quiet step, and the drop of the score that ends it. */
const FULL_LOUDNESS = 1000;
const QUIET_WEIGHT = 0.05;
const MAX_DROP = 3;

/**
 * A recogniser for audio that was played and captured again: resampled, louder or softer, noisy, on a different clock.
 * It finds the audio's position in the recording by similarity and returns the words whose audio it received. A word
 * received in part is marked (`text~`), a missing word is missing, and a word received twice is returned twice.
 * Jumps under 80 ms and gaps under 30 ms at either end of a word are ignored.
 */
export function similarityRecogniser(recording: Recording): RecogniserFactory {
  const recordingBand = new LowBand(recording.sampleRate, recording.pcm);
  return (sampleRate) => new SimilarityRecogniser(recording, recordingBand, sampleRate);
}

/** A passage of the recording that the audio follows from `from` on. */
interface Match {
  readonly passage: Passage;
  readonly alignment: Alignment;
  readonly from: number;
  /** Position of a tolerated jump, and the lag before it. */
  readonly jump?: { readonly at: number; readonly lag: number };
}

class SimilarityRecogniser implements Recogniser {
  readonly #recording: LowBand;
  readonly #words: Recording['words'];
  readonly #audio: LowBand;
  readonly #bytesPerSample: number;
  readonly #activity: SpeechActivity;
  #pcm: Uint8Array = new Uint8Array(0);
  #match: Match | undefined;
  /** The previous match, which ended at `at` unless the audio continues it after a small jump. */
  #lost: (Match & { readonly at: number }) | undefined;
  #checkedTo = 0;
  #settled = 0;
  #atMs = 0;

  constructor({ words }: Recording, recordingBand: LowBand, sampleRate: number) {
    this.#recording = recordingBand;
    this.#words = words.map((word) => ({ ...word, ...withoutEdges(word.start * PER_MS, word.end * PER_MS) }));
    this.#audio = new LowBand(sampleRate);
    this.#bytesPerSample = (2 * sampleRate) / (1000 * PER_MS);
    this.#activity = new SpeechActivity((2 * sampleRate) / 1000);
  }

  get settledMs(): number {
    return this.#settled / PER_MS;
  }

  push(bytes: Uint8Array): RecognisedWord[] {
    this.#pcm = Buffer.concat([this.#pcm, bytes]);
    this.#audio.push(bytes);
    return this.#process(false);
  }

  end(): RecognisedWord[] {
    const recognised = this.#process(true);
    const last = this.#audio.length;
    recognised.push(...(this.#match ? this.#endMatch(this.#match, last) : this.#skipTo(last)));
    return [...recognised, ...this.#activity.end().map((word) => this.#inOrder(word))];
  }

  #process(ended: boolean): RecognisedWord[] {
    const recognised: RecognisedWord[] = [];
    for (let more = true; more;) {
      more = this.#match ? this.#extendMatch(this.#match, recognised) : this.#findMatch(ended, recognised);
    }
    return recognised;
  }

  /** Checks the next samples; returns whether there were enough. */
  #extendMatch(match: Match, recognised: RecognisedWord[]): boolean {
    const to = this.#checkedTo + CHECK_EVERY;
    if (to > this.#audio.length) return false;
    const { alignment, from } = match;
    const before = alignment.copy();
    if (alignment.compare(Math.max(from, to - CHECK_LENGTH), to).fits) {
      this.#checkedTo = to;
      recognised.push(...this.#wordsUpTo(match, to - DETECTION_DELAY));
      return true;
    }
    const at = findEdge(before, Math.max(from, to - CHECK_LENGTH - CHECK_EVERY), to);
    this.#lost = { ...match, alignment: before, at };
    this.#match = undefined;
    this.#checkedTo = at;
    return true;
  }

  /** Searches the position of the next loud audio; returns whether to continue with what follows. */
  #findMatch(ended: boolean, recognised: RecognisedWord[]): boolean {
    const anchor = this.#firstLoud();
    recognised.push(...this.#skipTo(anchor - MAX_HELD));
    const length = Math.min(ANCHOR, this.#audio.length - anchor);
    if (length < (ended ? LAST_ANCHOR : ANCHOR)) return false;
    const [best, second] = this.#candidates(anchor, length);
    if (best === undefined || best.similarity < MATCH_SIMILARITY) {
      this.#checkedTo = anchor + ANCHOR;
      return true;
    }
    const clear = second === undefined || best.similarity - second.similarity >= CLEAR_MARGIN;
    if (!clear && !ended && this.#audio.length - anchor < MAX_ANCHOR) return false;
    recognised.push(...this.#startMatch(anchor, best.lag));
    return true;
  }

  /** Position of the next loud audio, or the end if there is none. */
  #firstLoud(): number {
    for (; this.#checkedTo + CHECK_EVERY <= this.#audio.length; this.#checkedTo += CHECK_EVERY) {
      if (this.#audio.loudness(this.#checkedTo, CHECK_EVERY) > LOUD) break;
    }
    return this.#checkedTo;
  }

  /** Positions in the recording most similar to the audio from `anchor` on: best first, no two adjacent. */
  #candidates(anchor: number, length: number): { lag: number; similarity: number }[] {
    const estimates = this.#audio.similarities(anchor, this.#recording, length);
    const peaks: number[] = [];
    for (let at = 0; at < estimates.length; at++) {
      const here = estimates[at]!;
      if (here > CANDIDATE_SIMILARITY && here >= (estimates[at - 1] ?? 0) && here > (estimates[at + 1] ?? 0))
        peaks.push(at);
    }
    const candidates = peaks
      .toSorted((a, b) => estimates[b]! - estimates[a]!)
      .slice(0, MAX_CANDIDATES)
      .map((at) => ({ lag: at - anchor, similarity: this.#similarityAlong(anchor, at - anchor) }))
      .toSorted((a, b) => b.similarity - a.similarity);
    return candidates.filter(
      ({ lag }, index) => !candidates.slice(0, index).some((other) => Math.abs(other.lag - lag) < TOLERATED_JUMP),
    );
  }

  /** Similarity of all audio from `anchor` on, if it follows the recording with this lag. */
  #similarityAlong(anchor: number, lag: number): number {
    const alignment = new Alignment(this.#audio, this.#recording, anchor, lag);
    const last = Math.min(this.#audio.length, anchor + MAX_ANCHOR);
    let [sum, weights] = [0, 0];
    for (let at = anchor; at < last; at += CHECK_LENGTH) {
      const to = Math.min(at + CHECK_LENGTH, last);
      const { similarity } = alignment.compare(at, to);
      const weight = alignment.loudness(at, to) * (to - at);
      sum += weight * similarity;
      weights += weight;
    }
    return sum / weights;
  }

  /** Follows the recording from the position found, starting as early as the audio matches. */
  #startMatch(anchor: number, lag: number): RecognisedWord[] {
    const lost = this.#lost;
    const alignment = new Alignment(this.#audio, this.#recording, anchor, lag);
    this.#lost = undefined;
    this.#checkedTo = Math.min(anchor + ANCHOR, this.#audio.length);
    if (lost && Math.abs(lost.alignment.lag - lag) <= TOLERATED_JUMP) {
      this.#match = { ...lost, alignment, jump: { at: lost.at, lag: lost.alignment.lag } };
      return [];
    }
    const from = findEdge(alignment.copy(), anchor, Math.max(this.#settled, lost?.at ?? 0));
    const recognised = lost ? this.#endMatch(lost, lost.at) : [];
    recognised.push(...this.#unknownSpeechUpTo(from), ...this.#activity.end().map((word) => this.#inOrder(word)));
    const at = from + lag;
    this.#match = {
      passage: new Passage({ words: this.#words, at, from: at, bytesPerMs: PER_MS }),
      alignment,
      from,
    };
    return recognised;
  }

  /** Audio up to `to` matches no position. */
  #skipTo(to: number): RecognisedWord[] {
    if (to <= this.#settled) return [];
    const lost = this.#lost;
    if (lost && to < Math.min(lost.at + MAX_HELD, this.#audio.length)) return [];
    this.#lost = undefined;
    const recognised = lost ? this.#endMatch(lost, lost.at) : [];
    return [...recognised, ...this.#unknownSpeechUpTo(to)];
  }

  #unknownSpeechUpTo(to: number): RecognisedWord[] {
    if (to <= this.#settled) return [];
    const from = this.#settled * this.#bytesPerSample;
    this.#settled = to;
    const recognised = this.#activity.push(from, this.#pcm.subarray(from, to * this.#bytesPerSample));
    return recognised.map((word) => this.#inOrder(word));
  }

  #wordsUpTo(match: Match, to: number): RecognisedWord[] {
    if (to <= this.#settled) return [];
    this.#settled = to;
    const recognised = match.passage.grow(to + match.alignment.lag - TOLERATED_EDGE);
    return recognised.map((word) => this.#atAudioTimes(word, match, to));
  }

  #endMatch(match: Match, at: number): RecognisedWord[] {
    this.#settled = Math.max(this.#settled, at);
    const recognised = match.passage.end(at + match.alignment.lag);
    return recognised.map((word) => this.#atAudioTimes(word, match, at));
  }

  /** Converts a word's times to the clock of the received audio and adds the tolerated edges. */
  #atAudioTimes(word: RecognisedWord, { alignment, from, jump }: Match, to: number): RecognisedWord {
    const ms = (recordedMs: number, margin: number): number => {
      const position = recordedMs * PER_MS + margin;
      const before = jump && position - jump.lag <= jump.at;
      return Math.max(from, Math.min(to, position - (before ? jump.lag : alignment.lag))) / PER_MS;
    };
    return this.#inOrder({
      ...word,
      startMs: ms(word.startMs, -TOLERATED_EDGE),
      endMs: ms(word.endMs, word.done ? TOLERATED_EDGE : 0),
      atMs: ms(word.atMs, TOLERATED_EDGE),
    });
  }

  #inOrder(word: RecognisedWord): RecognisedWord {
    this.#atMs = Math.max(this.#atMs, word.atMs);
    return { ...word, atMs: this.#atMs };
  }
}

/** The point between `from` and `to`, in either direction, where the audio stops matching the recording. */
function findEdge(alignment: Alignment, from: number, to: number): number {
  const step = Math.sign(to - from) * EDGE_STEP;
  let [best, highest, sum] = [from, 0, 0];
  for (let at = from; Math.abs(to - at) >= EDGE_STEP && sum > highest - MAX_DROP; at += step) {
    const { similarity, fits } =
      step > 0 ? alignment.compare(at, at + EDGE_LENGTH) : alignment.compare(at - EDGE_LENGTH, at);
    const weight = Math.min(1, alignment.loudness(Math.min(at, at + step), Math.max(at, at + step)) / FULL_LOUDNESS);
    sum += fits
      ? Math.max(QUIET_WEIGHT, weight * (similarity - MATCH_SIMILARITY))
      : weight * (similarity - MATCH_SIMILARITY);
    if (sum > highest) [best, highest] = [at + step, sum];
  }
  return best;
}

function withoutEdges(start: number, end: number): { start: number; end: number } {
  const missing = Math.round(Math.min(TOLERATED_EDGE, (end - start) / 4));
  return { start: Math.round(start) + missing, end: Math.round(end) - missing };
}
