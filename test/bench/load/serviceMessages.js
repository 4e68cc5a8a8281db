// The messages of the benchmark service: for any audio, a turn of eight words every three seconds.

export const BYTES_PER_MS = 32; // 16 kHz, 16-bit mono
export const FRAME_BYTES = 100 * BYTES_PER_MS;
const TURN_MS = 3000;
const WORDS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const word = (index, from) => ({ start: from + 200 + index * 300, end: from + 460 + index * 300 });

/** The messages of a turn: the position in the turn at which each is sent, and its number of words. */
const STEPS = [
  { at: 500, words: 0 },
  { at: 1000, words: 2 },
  { at: 2000, words: 6 },
  { at: TURN_MS, words: WORDS.length },
];

/** The end of a turn's last word, in milliseconds from the turn's start. */
export const LAST_WORD_MS = word(WORDS.length - 1, 0).end;

/** The position in the audio, in milliseconds, after which message number `step` of a session is sent. */
export function dueMs(step) {
  return Math.floor(step / STEPS.length) * TURN_MS + STEPS[step % STEPS.length].at;
}

/** Message number `step` of a session; `sent` is the time of sending on the clock shared by all processes. */
export function message(step, sent) {
  const turn = Math.floor(step / STEPS.length);
  const { words } = STEPS[step % STEPS.length];
  const from = turn * TURN_MS;
  if (words === 0) return { type: 'SpeechStarted', timestamp: from + 200, confidence: 0.9, sent };
  const isFinal = words === WORDS.length;
  return {
    turn_order: turn,
    turn_is_formatted: true,
    end_of_turn: isFinal,
    transcript: transcript(turn, words),
    end_of_turn_confidence: isFinal ? 1 : 0,
    words: WORDS.slice(0, words).map((text, index) => ({
      ...word(index, from),
      text: index === 0 ? `${turn}` : text,
      confidence: 0.95,
      word_is_final: isFinal,
    })),
    utterance: isFinal ? transcript(turn, words) : '',
    sent,
    type: 'Turn',
  };
}

/** The finals for `ms` milliseconds of audio. */
export function finalsOf(ms) {
  return Array.from({ length: Math.floor(ms / TURN_MS) }, (_, turn) => transcript(turn, WORDS.length));
}

function transcript(turn, words) {
  return [turn, ...WORDS.slice(1, words)].join(' ');
}

/** Microseconds on the machine's monotonic clock, which all processes share. */
export function micros() {
  return Number(process.hrtime.bigint() / 1000n);
}
