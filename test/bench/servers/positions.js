// Audio that says where it is, and what a recogniser makes of it: so loss, doubling and wrong times are counted, not guessed.

/** Bytes per millisecond: 16 kHz, 16-bit, mono. */
export const BYTES_PER_MS = 32;
/** A turn is ten words of 250 ms, then half a second of silence; words are numbered through. */
const WORD_MS = 250;
const WORDS_PER_TURN = 10;
const TURN_MS = 3000;

/** Audio of which every four bytes hold their own position, plus one. */
export function positionAudio(ms) {
  const audio = Buffer.alloc(ms * BYTES_PER_MS);
  for (let at = 0; at < audio.length; at += 4) audio.writeUInt32LE(at + 1, at);
  return audio;
}

/** Where a word was said, in milliseconds of the audio. */
export function startOf(word) {
  return Math.floor(word / WORDS_PER_TURN) * TURN_MS + (word % WORDS_PER_TURN) * WORD_MS;
}

/** From where on, in milliseconds of the audio, a word that is still being said is told. */
export function toldFrom(word) {
  return startOf(word) + WORD_MS / 2;
}

/** How many words so much audio has. */
export function wordsWithin(ms) {
  return Math.floor(ms / TURN_MS) * WORDS_PER_TURN;
}

/** The number of a word, and whether it was heard whole: `w12`, `w12~`; `undefined` for anything else. */
export function readWord(text) {
  const [, number, cut] = /^w(\d+)(~?)$/.exec(text) ?? [];
  return number === undefined ? undefined : { word: Number(number), isWhole: cut === '' };
}

/** Which bytes of the audio arrived, and how often. */
export class Ledger {
  #counts;

  constructor(ms) {
    this.#counts = new Uint16Array((ms * BYTES_PER_MS) / 4);
  }

  add(from, to) {
    for (let at = from; at < to; at += 4) this.#counts[at / 4]++;
  }

  /** Bytes that never arrived, and bytes that arrived again. */
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
 * Where in the audio a message begins; silence may stand before it.
 *
 * @throws {Error} for what is not that audio in one piece.
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
  throw new Error(`a message of ${bytes.length} bytes that is no piece of the audio`);
}

/** The ear of one session: a `Recogniser` of the local service, and of the other servers here. */
export class Ear {
  #ledger;
  #bytes = 0;
  /** The unbroken passage being heard: where it began, how far it goes, and where that is in the session. */
  #from = 0;
  #to = -1;
  #shift = 0;
  #word = 0;
  #isTold = false;

  constructor(ledger) {
    this.#ledger = ledger;
  }

  /** Milliseconds of the session that were heard. */
  get settledMs() {
    return this.#bytes / BYTES_PER_MS;
  }

  push(bytes) {
    const { lead, at } = positionOf(bytes);
    const end = at + bytes.length - lead;
    this.#ledger.add(at, end);
    const heard = at === this.#to ? [] : [...this.end(), ...this.#begin(at, lead)];
    this.#bytes += bytes.length;
    this.#to = end;
    return [...heard, ...this.#listen()];
  }

  end() {
    if (!this.#isTold) return [];
    this.#isTold = false;
    return [this.#heard(this.#to, `${textOf(this.#word)}~`, true)];
  }

  #begin(at, lead) {
    this.#from = at;
    this.#shift = this.#bytes + lead - at;
    this.#word = 0;
    while (endByte(this.#word) <= at) this.#word++;
    return [];
  }

  #listen() {
    const heard = [];
    for (; ; this.#word++) {
      const half = Math.max(this.#from, toldFrom(this.#word) * BYTES_PER_MS);
      const end = endByte(this.#word);
      if (!this.#isTold && this.#to >= half) {
        heard.push(this.#heard(half, this.#text, false));
        this.#isTold = true;
      }
      if (this.#to < end) return heard;
      heard.push(this.#heard(end, this.#text, true));
      this.#isTold = false;
    }
  }

  /** The word, marked if its beginning is not in this session; the last of a turn with a full stop. */
  get #text() {
    const isWhole = startOf(this.#word) * BYTES_PER_MS >= this.#from;
    const stop = this.#word % WORDS_PER_TURN === WORDS_PER_TURN - 1 ? '.' : '';
    return `${textOf(this.#word)}${stop}${isWhole ? '' : '~'}`;
  }

  #heard(to, text, done) {
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
