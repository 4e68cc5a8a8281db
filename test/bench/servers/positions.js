// Audio that encodes its own positions, and a recogniser for it, so that losses, duplicates and wrong times can be counted.

/** Bytes per millisecond: 16 kHz, 16-bit, mono. */
export const BYTES_PER_MS = 32;
/** A turn is ten words of 250 ms and half a second of silence; words are numbered across turns. */
const WORD_MS = 250;
const WORDS_PER_TURN = 10;
const TURN_MS = 3000;

/** Audio in which every four bytes hold their own position plus one. */
export function positionAudio(ms) {
  const audio = Buffer.alloc(ms * BYTES_PER_MS);
  for (let at = 0; at < audio.length; at += 4) audio.writeUInt32LE(at + 1, at);
  return audio;
}

/** The start of a word, in milliseconds of the audio. */
export function startOf(word) {
  return Math.floor(word / WORDS_PER_TURN) * TURN_MS + (word % WORDS_PER_TURN) * WORD_MS;
}

/** The position, in milliseconds of the audio, from which an unfinished word is recognised. */
export function recognisedFrom(word) {
  return startOf(word) + WORD_MS / 2;
}

/** The number of words in so much audio. */
export function wordsWithin(ms) {
  return Math.floor(ms / TURN_MS) * WORDS_PER_TURN;
}

/** The number of a word, and whether it was recognised whole: `w12`, `w12~`; `undefined` for anything else. */
export function readWord(text) {
  const [, number, cut] = /^w(\d+)(~?)$/.exec(text) ?? [];
  return number === undefined ? undefined : { word: Number(number), isWhole: cut === '' };
}

/** Counts how often each byte of the audio arrived. */
export class Ledger {
  #counts;

  constructor(ms) {
    this.#counts = new Uint16Array((ms * BYTES_PER_MS) / 4);
  }

  add(from, to) {
    for (let at = from; at < to; at += 4) this.#counts[at / 4]++;
  }

  /** Bytes that never arrived, and bytes that arrived repeatedly. */
  get result() {
    let lost = 0;
    let again = 0;
    for (const count of this.#counts) {
      if (count === 0) lost += 4;
      else again += (count - 1) * 4;
    }
    return { lost, again };
  }
}

/**
 * The position of a message in the audio; silence may precede it.
 *
 * @throws {Error} when the message is not one contiguous piece of the audio.
 */
export function positionOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let lead = 0; lead + 4 <= bytes.length; lead += 4) {
    const first = view.getUint32(lead, true);
    if (first === 0) continue;
    const last = view.getUint32(bytes.length - 4, true);
    if (first % 4 !== 1 || last - first !== bytes.length - 4 - lead) break;
    return { lead, at: first - 1 };
  }
  throw new Error(`a message of ${bytes.length} bytes is not a piece of the audio`);
}

/** The recogniser of one session, used by the local service and the other servers here. */
export class PositionRecogniser {
  #ledger;
  #bytes = 0;
  /** The current contiguous passage: its start and end in the audio, and its offset in the session. */
  #from = 0;
  #to = -1;
  #shift = 0;
  #word = 0;
  #isReported = false;

  constructor(ledger) {
    this.#ledger = ledger;
  }

  /** Milliseconds of the session received. */
  get settledMs() {
    return this.#bytes / BYTES_PER_MS;
  }

  push(bytes) {
    const { lead, at } = positionOf(bytes);
    const end = at + bytes.length - lead;
    this.#ledger.add(at, end);
    const recognised = at === this.#to ? [] : [...this.end(), ...this.#startPassage(at, lead)];
    this.#bytes += bytes.length;
    this.#to = end;
    return [...recognised, ...this.#recognise()];
  }

  end() {
    if (!this.#isReported) return [];
    this.#isReported = false;
    return [this.#result(this.#to, `${textOf(this.#word)}~`, true)];
  }

  #startPassage(at, lead) {
    this.#from = at;
    this.#shift = this.#bytes + lead - at;
    this.#word = 0;
    while (endByte(this.#word) <= at) this.#word++;
    return [];
  }

  #recognise() {
    const recognised = [];
    for (; ; this.#word++) {
      const half = Math.max(this.#from, recognisedFrom(this.#word) * BYTES_PER_MS);
      const end = endByte(this.#word);
      if (!this.#isReported && this.#to >= half) {
        recognised.push(this.#result(half, this.#text, false));
        this.#isReported = true;
      }
      if (this.#to < end) return recognised;
      recognised.push(this.#result(end, this.#text, true));
      this.#isReported = false;
    }
  }

  /** The current word: marked if its start is missing, with a full stop if it ends a turn. */
  get #text() {
    const isWhole = startOf(this.#word) * BYTES_PER_MS >= this.#from;
    const stop = this.#word % WORDS_PER_TURN === WORDS_PER_TURN - 1 ? '.' : '';
    return `${textOf(this.#word)}${stop}${isWhole ? '' : '~'}`;
  }

  #result(to, text, done) {
    const start = Math.max(this.#from, startOf(this.#word) * BYTES_PER_MS);
    const ms = (byte) => (byte + this.#shift) / BYTES_PER_MS;
    return { atMs: ms(to), startMs: ms(start), endMs: ms(to), text, done };
  }
}

function textOf(word) {
  return `w${word}`;
}

function endByte(word) {
  return (startOf(word) + WORD_MS) * BYTES_PER_MS;
}
