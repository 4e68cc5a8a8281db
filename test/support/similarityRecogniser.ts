import type { Heard, Recogniser, RecogniserFactory, Recording } from '../../src/simulator/index.ts';
import { Passage } from '../../src/simulator/passage.ts';
import { SpeechActivity } from '../../src/simulator/speechActivity.ts';
import { LowBand, PER_MS } from './lowBand.ts';
import { ALIKE, Alignment } from './alignment.ts';

/** How often it is checked whether the audio still is where it is taken to be, and over how much audio. */
const HOP = 20 * PER_MS;
const WINDOW = 200 * PER_MS;
/** How far behind it may turn out that it was not. */
const DOUBT = 140 * PER_MS;
/** Steps in which the edge of a passage is looked for, and what is looked at in each. */
const STEP = 10 * PER_MS;
const GLANCE = 30 * PER_MS;
/** How much speech it takes to find a place, and at the end of the audio. */
const ANCHOR = 200 * PER_MS;
const LAST_ANCHOR = 80 * PER_MS;
/** How much more is awaited where places sound the same. */
const PATIENCE = 1500 * PER_MS;
/** For how long audio without a place is held back. */
const HELD = 500 * PER_MS;
/** A jump that no ear notices: less than a frame. */
const SLIP = 80 * PER_MS;
/** How much may be missing of a word at either end. */
const EDGE = 30 * PER_MS;

/** Loudness from which on audio may be speech. */
const LOUD = 150;
/** By how much one place must be more alike than all others. */
const CLEARLY = 0.08;
/** How many places are looked at closely, and from which likeness on. */
const PLACES = 16;
const SIMILAR = 0.4;
/** Loudness from which on a step counts fully, what a quiet one counts, and how much against it ends the search for an edge. */
const FULL = 1000;
const QUIET_STEP = 0.05;
const ENOUGH = 3;

/**
 * A recogniser for audio that is not the recording byte for byte, since it came through a room, a sound card or a browser:
 * resampled, louder or softer, with some noise, on a clock of its own. It finds by likeness where in the recording the audio
 * stands, and answers, as the recogniser of the local service does, with the words whose audio it received: one received in
 * part is cut (`text~`), one not received is not told, one received twice is told twice. Jumps of less than 80 ms, and less
 * than 30 ms at either end of a word, it does not notice.
 */
export function similarityRecogniser(recording: Recording): RecogniserFactory {
  const known = new LowBand(recording.sampleRate, recording.pcm);
  return (sampleRate) => new SimilarityRecogniser(recording, known, sampleRate);
}

/** A passage of the recording and the audio that follows it, from one point on. */
interface Following {
  readonly passage: Passage;
  readonly alignment: Alignment;
  readonly from: number;
  /** Where it jumped a little, and what its lag was before that. */
  readonly jump?: { readonly at: number; readonly lag: number };
}

/** Positions are samples of the low band. */
class SimilarityRecogniser implements Recogniser {
  readonly #known: LowBand;
  readonly #words: Recording['words'];
  readonly #heard: LowBand;
  readonly #bytesPerSample: number;
  readonly #activity: SpeechActivity;
  #pcm: Uint8Array = new Uint8Array(0);
  #following: Following | undefined;
  /** What was followed up to `at`, while it may turn out to go on. */
  #lost: (Following & { readonly at: number }) | undefined;
  #examined = 0;
  #told = 0;
  #atMs = 0;

  constructor({ words }: Recording, known: LowBand, sampleRate: number) {
    this.#known = known;
    this.#words = words.map((word) => ({ ...word, ...withoutEdges(word.start * PER_MS, word.end * PER_MS) }));
    this.#heard = new LowBand(sampleRate);
    this.#bytesPerSample = (2 * sampleRate) / (1000 * PER_MS);
    this.#activity = new SpeechActivity((2 * sampleRate) / 1000);
  }

  get settledMs(): number {
    return this.#told / PER_MS;
  }

  push(bytes: Uint8Array): Heard[] {
    this.#pcm = Buffer.concat([this.#pcm, bytes]);
    this.#heard.push(bytes);
    return this.#listen(false);
  }

  end(): Heard[] {
    const heard = this.#listen(true);
    const last = this.#heard.length;
    heard.push(...(this.#following ? this.#leave(this.#following, last) : this.#giveUp(last)));
    return [...heard, ...this.#activity.end().map((word) => this.#inOrder(word))];
  }

  #listen(ended: boolean): Heard[] {
    const heard: Heard[] = [];
    for (let more = true; more;) {
      more = this.#following ? this.#follow(this.#following, heard) : this.#seek(ended, heard);
    }
    return heard;
  }

  /** Checks the next hop. Tells whether there was one. */
  #follow(following: Following, heard: Heard[]): boolean {
    const to = this.#examined + HOP;
    if (to > this.#heard.length) return false;
    const { alignment, from } = following;
    const before = alignment.copy();
    if (alignment.look(Math.max(from, to - WINDOW), to).fits) {
      this.#examined = to;
      heard.push(...this.#grow(following, to - DOUBT));
      return true;
    }
    const at = edge(before, Math.max(from, to - WINDOW - HOP), to);
    this.#lost = { ...following, alignment: before, at };
    this.#following = undefined;
    this.#examined = at;
    return true;
  }

  /** Looks for the place of the next audio that is loud. Tells whether it is to be called again. */
  #seek(ended: boolean, heard: Heard[]): boolean {
    const anchor = this.#firstLoud();
    heard.push(...this.#giveUp(anchor - HELD));
    const length = Math.min(ANCHOR, this.#heard.length - anchor);
    if (length < (ended ? LAST_ANCHOR : ANCHOR)) return false;
    const [best, second] = this.#places(anchor, length);
    if (best === undefined || best.alike < ALIKE) {
      this.#examined = anchor + ANCHOR;
      return true;
    }
    const clear = second === undefined || best.alike - second.alike >= CLEARLY;
    if (!clear && !ended && this.#heard.length - anchor < PATIENCE) return false;
    heard.push(...this.#settle(anchor, best.lag));
    return true;
  }

  /** From where on it is loud; as far as there is audio, if it is not. */
  #firstLoud(): number {
    for (; this.#examined + HOP <= this.#heard.length; this.#examined += HOP) {
      if (this.#heard.loudness(this.#examined, HOP) > LOUD) break;
    }
    return this.#examined;
  }

  /** The places of the recording that are most like the audio from `anchor` on, best first, none next to another. */
  #places(anchor: number, length: number): { lag: number; alike: number }[] {
    const estimates = this.#heard.likenesses(anchor, this.#known, length);
    const peaks: number[] = [];
    for (let at = 0; at < estimates.length; at++) {
      const here = estimates[at]!;
      if (here > SIMILAR && here >= (estimates[at - 1] ?? 0) && here > (estimates[at + 1] ?? 0)) peaks.push(at);
    }
    const places = peaks
      .toSorted((a, b) => estimates[b]! - estimates[a]!)
      .slice(0, PLACES)
      .map((at) => ({ lag: at - anchor, alike: this.#likenessAlong(anchor, at - anchor) }))
      .toSorted((a, b) => b.alike - a.alike);
    return places.filter(({ lag }, index) => !places.slice(0, index).some((other) => Math.abs(other.lag - lag) < SLIP));
  }

  /** How alike all audio from `anchor` on is, if it follows the recording from there. */
  #likenessAlong(anchor: number, lag: number): number {
    const alignment = new Alignment(this.#heard, this.#known, anchor, lag);
    const last = Math.min(this.#heard.length, anchor + PATIENCE);
    let [sum, weights] = [0, 0];
    for (let at = anchor; at < last; at += WINDOW) {
      const to = Math.min(at + WINDOW, last);
      const { alike } = alignment.look(at, to);
      const weight = alignment.loudness(at, to) * (to - at);
      sum += weight * alike;
      weights += weight;
    }
    return sum / weights;
  }

  /** The place is found: follows the recording, from as far back as the audio does. */
  #settle(anchor: number, lag: number): Heard[] {
    const lost = this.#lost;
    const alignment = new Alignment(this.#heard, this.#known, anchor, lag);
    this.#lost = undefined;
    this.#examined = Math.min(anchor + ANCHOR, this.#heard.length);
    if (lost && Math.abs(lost.alignment.lag - lag) <= SLIP) {
      this.#following = { ...lost, alignment, jump: { at: lost.at, lag: lost.alignment.lag } };
      return [];
    }
    const from = edge(alignment.copy(), anchor, Math.max(this.#told, lost?.at ?? 0));
    const heard = lost ? this.#leave(lost, lost.at) : [];
    heard.push(...this.#tellUnknown(from), ...this.#activity.end().map((word) => this.#inOrder(word)));
    const at = from + lag;
    this.#following = {
      passage: new Passage({ words: this.#words, at, from: at, bytesPerMs: PER_MS }),
      alignment,
      from,
    };
    return heard;
  }

  /** Audio up to here is in no place. */
  #giveUp(to: number): Heard[] {
    if (to <= this.#told) return [];
    const lost = this.#lost;
    if (lost && to < Math.min(lost.at + HELD, this.#heard.length)) return [];
    this.#lost = undefined;
    const heard = lost ? this.#leave(lost, lost.at) : [];
    return [...heard, ...this.#tellUnknown(to)];
  }

  #tellUnknown(to: number): Heard[] {
    if (to <= this.#told) return [];
    const from = this.#told * this.#bytesPerSample;
    this.#told = to;
    const heard = this.#activity.push(from, this.#pcm.subarray(from, to * this.#bytesPerSample));
    return heard.map((word) => this.#inOrder(word));
  }

  #grow(following: Following, to: number): Heard[] {
    if (to <= this.#told) return [];
    this.#told = to;
    const heard = following.passage.grow(to + following.alignment.lag - EDGE);
    return heard.map((word) => this.#placed(word, following, to));
  }

  #leave(following: Following, at: number): Heard[] {
    this.#told = Math.max(this.#told, at);
    const heard = following.passage.end(at + following.alignment.lag);
    return heard.map((word) => this.#placed(word, following, at));
  }

  /** A word with its edges, at its times in the audio. */
  #placed(word: Heard, { alignment, from, jump }: Following, to: number): Heard {
    const ms = (knownMs: number, more: number): number => {
      const known = knownMs * PER_MS + more;
      const before = jump && known - jump.lag <= jump.at;
      return Math.max(from, Math.min(to, known - (before ? jump.lag : alignment.lag))) / PER_MS;
    };
    return this.#inOrder({
      ...word,
      startMs: ms(word.startMs, -EDGE),
      endMs: ms(word.endMs, word.done ? EDGE : 0),
      atMs: ms(word.atMs, EDGE),
    });
  }

  #inOrder(word: Heard): Heard {
    this.#atMs = Math.max(this.#atMs, word.atMs);
    return { ...word, atMs: this.#atMs };
  }
}

/** Where on the way from one point to another, either way, the audio stops to follow the recording. */
function edge(alignment: Alignment, from: number, to: number): number {
  const step = Math.sign(to - from) * STEP;
  let [best, highest, sum] = [from, 0, 0];
  for (let at = from; Math.abs(to - at) >= STEP && sum > highest - ENOUGH; at += step) {
    const { alike, fits } = step > 0 ? alignment.look(at, at + GLANCE) : alignment.look(at - GLANCE, at);
    const weight = Math.min(1, alignment.loudness(Math.min(at, at + step), Math.max(at, at + step)) / FULL);
    sum += fits ? Math.max(QUIET_STEP, weight * (alike - ALIKE)) : weight * (alike - ALIKE);
    if (sum > highest) [best, highest] = [at + step, sum];
  }
  return best;
}

function withoutEdges(start: number, end: number): { start: number; end: number } {
  const missing = Math.round(Math.min(EDGE, (end - start) / 4));
  return { start: Math.round(start) + missing, end: Math.round(end) - missing };
}
