// Scenes of speech in noise, with the times of the words: from espeak-ng, the clips of pocketsphinx-testdata and ffmpeg.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export const RATE = 16_000;
const CLIPS = '/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-';
const TEXTS = [
  'Good morning everyone, and welcome.',
  'Could you close the door please?',
  'The next train to the coast leaves at half past seven from platform two.',
  'Yes.',
  'I will call you back after lunch.',
  'Thank you for waiting. Your order was sent on Tuesday, and it should arrive before the weekend.',
  'No, not this one, the other one.',
  'Please open your books at page ninety four.',
  'Who wants to go first?',
  'It rained all night, so the river is higher than it has been for years.',
];
const VOICES = ['en-us', 'en-gb', 'en-us+f3', 'en-gb+m4', 'en-us+f5', 'en-gb-scotland+m2'];

/** Random numbers from 0 up to 1, the same for the same seed (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

const floats = (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length >> 1 }, (_, at) => view.getInt16(2 * at, true) / 32768);
};
const ffmpeg = (input, ...args) => {
  const out = execFileSync(
    'ffmpeg',
    ['-loglevel', 'error', ...args, '-f', 's16le', '-ac', '1', '-ar', String(RATE), '-'],
    { input, maxBuffer: 1 << 28 },
  );
  return floats(out);
};
const raw = (samples) => {
  const out = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, at) =>
    out.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32768))), 2 * at),
  );
  return out;
};
const espeak = (text, voice) =>
  ffmpeg(
    execFileSync('espeak-ng', ['-v', voice, '-s', '150', '--stdout', text], { maxBuffer: 1 << 26 }),
    '-i',
    'pipe:0',
  );
const filtered = (samples, filter) =>
  ffmpeg(raw(samples), '-f', 's16le', '-ar', String(RATE), '-ac', '1', '-i', 'pipe:0', '-af', filter);

function rms(samples, from = 0, to = samples.length) {
  let sum = 0;
  for (let at = from; at < to; at++) sum += samples[at] ** 2;
  return Math.sqrt(sum / Math.max(1, to - from));
}

/** Where the sound of an utterance starts and ends, in samples. */
function bounds(samples) {
  const limit = 0.02 * samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return [
    samples.findIndex((sample) => Math.abs(sample) > limit),
    samples.findLastIndex((sample) => Math.abs(sample) > limit),
  ];
}

/** Utterances of equal level, each with its text: ten of espeak-ng, and five read by a human unless they are whispered. */
function utterances(kind) {
  const whispered = kind === 'whispered';
  const list = TEXTS.map((text, at) => [
    espeak(
      text,
      whispered ? `${at % 2 ? 'en-us' : 'en-gb'}+${at % 4 < 2 ? 'whisper' : 'whisperf'}` : VOICES[at % VOICES.length],
    ),
    text,
  ]);
  if (!whispered) {
    const texts = {
      '0870':
        'and mr john dashwood had then leisure to consider how much there might be prudently in his power to do for them',
      '0880': 'he was not an ill disposed young man',
      '0890': 'unless to be rather cold hearted and rather selfish is to be ill disposed',
      '0920': 'had he married a more amiable woman he might have been made still more respectable than he was',
      '0930': 'he might even have been made amiable himself',
    };
    for (const [clip, text] of Object.entries(texts))
      list.push([floats(readFileSync(`${CLIPS}${clip}.wav`).subarray(44)), text]);
  }
  return list.map(([samples, text]) => {
    const [from, to] = bounds(samples);
    const cut = samples.slice(from, to);
    const gain = 0.05 / rms(cut);
    return [cut.map((sample) => sample * gain), text];
  });
}

/** Speech with pauses of 20 to 60 s, without noise. The time of an utterance is shared out among its words by their length. */
export function scene(kind, seed, seconds) {
  const random = seeded(seed);
  const list = utterances(kind);
  let speech = new Float32Array(seconds * RATE);
  const words = [];
  let at = 12 * RATE;
  for (let turn = 0; ; turn++) {
    const [samples, text] = list[turn % list.length];
    if (at + samples.length > speech.length - RATE) break;
    speech.set(samples, at);
    const parts = text.split(' ');
    const total = parts.reduce((sum, word) => sum + word.length + 1, 0);
    let done = 0;
    for (const word of parts) {
      const start = at + (samples.length * done) / total;
      done += word.length + 1;
      words.push({
        word,
        turn,
        startMs: (1000 * start) / RATE,
        endMs: (1000 * (at + (samples.length * done) / total)) / RATE,
      });
    }
    at += samples.length + Math.round((20 + 40 * random()) * RATE);
  }
  if (kind === 'distant') {
    // reverberation, a low pass, and 20 dB less
    speech = filtered(
      speech,
      'aecho=0.8:0.7:31|47|73|97|131:0.5|0.45|0.4|0.3|0.25,lowpass=f=3500,volume=-20dB',
    ).subarray(0, speech.length);
  }
  if (kind === 'whispered') speech = speech.map((sample) => sample * 0.18); // 15 dB less
  return { speech, words };
}

/** Noise of a kind: eight voices, a fan, or music. */
export function noise(kind, seconds, seed) {
  const random = seeded(seed);
  const length = seconds * RATE;
  const out = new Float32Array(length);
  if (kind === 'none') return out;
  if (kind === 'babble') {
    for (let voice = 0; voice < 8; voice++) {
      const parts = Array.from({ length: 12 }, () => TEXTS[Math.floor(random() * TEXTS.length)]).join(' ');
      const talk = espeak(parts, VOICES[voice % VOICES.length]);
      const offset = Math.floor(random() * talk.length);
      const gain = 0.5 + random();
      for (let at = 0; at < length; at++) out[at] += gain * talk[(at + offset) % talk.length];
    }
    return out;
  }
  if (kind === 'fan') {
    return ffmpeg(
      undefined,
      '-f',
      'lavfi',
      '-i',
      `anoisesrc=color=pink:seed=${seed}:duration=${seconds}:sample_rate=${RATE}:amplitude=0.5`,
      '-f',
      'lavfi',
      '-i',
      `sine=frequency=118:sample_rate=${RATE}:duration=${seconds}`,
      '-filter_complex',
      '[0]lowpass=f=2500,tremolo=f=7:d=0.1[a];[1]volume=0.3[b];[a][b]amix=inputs=2',
    ).subarray(0, length);
  }
  // music: chords of plucked harmonics, 100 beats a minute, and a drum
  const beat = Math.round(0.6 * RATE);
  const chords = [
    [220, 277, 330],
    [196, 247, 294],
    [175, 220, 262],
    [165, 208, 247],
  ];
  for (let start = 0, count = 0; start < length; start += beat, count++) {
    const chord = chords[Math.floor(count / 4) % chords.length];
    const lead = chord[Math.floor(random() * 3)] * 2;
    for (let at = 0; at < 2 * beat && start + at < length; at++) {
      const t = at / RATE;
      let sum = 0;
      for (const f of chord)
        for (let h = 1; h <= 5; h++) sum += (Math.sin(2 * Math.PI * f * h * t) / h) * Math.exp(-t * 2);
      for (let h = 1; h <= 6; h++) sum += ((1.2 * Math.sin(2 * Math.PI * lead * h * t)) / h) * Math.exp(-t * 3);
      if (at < RATE / 20) sum += 3 * (random() - 0.5) * Math.exp(-t * 60);
      out[start + at] += sum;
    }
  }
  return out;
}

/** The scene with noise at a ratio to the level of its speech, as 16-bit PCM, over a faint floor of the microphone. */
export function mixed({ speech, words }, noiseSamples, snr, seed = 5) {
  const random = seeded(seed);
  let sum = 0;
  let count = 0;
  for (const { startMs, endMs } of words) {
    const from = Math.round((startMs * RATE) / 1000);
    const to = Math.round((endMs * RATE) / 1000);
    sum += rms(speech, from, to) ** 2 * (to - from);
    count += to - from;
  }
  const level = Math.sqrt(sum / count);
  const noiseLevel = rms(noiseSamples);
  const gain = noiseLevel === 0 ? 0 : level / 10 ** (snr / 20) / noiseLevel;
  const out = new Float32Array(speech.length);
  for (let at = 0; at < out.length; at++) out[at] = speech[at] + gain * noiseSamples[at] + 0.0006 * (random() - 0.5);
  return raw(out);
}
