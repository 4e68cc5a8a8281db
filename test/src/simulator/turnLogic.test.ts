import { describe, expect, it } from '@jest/globals';
import { turnSettingsOf, turnStyleOf } from '../../../src/simulator/configuration.ts';
import { AudioPipeline } from '../../../src/simulator/audioPipeline.ts';
import { recogniseRecordings } from '../../../src/simulator/recogniseRecordings.ts';
import type { RecognisedWord } from '../../../src/simulator/index.ts';
import type { ServiceMessage } from '../../../src/simulator/serviceMessage.ts';
import { SpeakerLabels } from '../../../src/simulator/speakerLabels.ts';
import { TurnLogic } from '../../../src/simulator/turnLogic.ts';
import { fc } from '../../support/fastCheck.ts';
import { syntheticSpeech } from '../../support/syntheticSpeech.ts';

const PRO = { speech_model: 'universal-3-5-pro' };
const US = { speech_model: 'universal-streaming-english' };

function logic(parameters: Record<string, string>, formatting: 'two-finals' | 'one-final' = 'two-finals'): TurnLogic {
  const speakers = parameters['speaker_labels'] === 'true' ? new SpeakerLabels() : undefined;
  return new TurnLogic(turnStyleOf(parameters), turnSettingsOf(parameters, formatting), speakers);
}

/** The steps in which a recogniser returns these words; times in milliseconds. */
function spoken(...words: [text: string, startMs: number, endMs: number, speaker?: string][]): RecognisedWord[] {
  return words.flatMap(([text, startMs, endMs, speaker]) => {
    const label = speaker === undefined ? {} : { speaker };
    const half = (startMs + endMs) / 2;
    const begun = text.slice(0, Math.ceil(text.length / 2));
    return [
      { atMs: startMs + 10, startMs, endMs: startMs + 10, text: '', done: false, ...label },
      { atMs: half, startMs, endMs: half, text: begun, done: false, ...label },
      { atMs: endMs, startMs, endMs, text, done: true, ...label },
    ];
  });
}

/** How much silence ends a turn that consists of this word, in milliseconds. */
function silenceUntilFinal(parameters: Record<string, string>, text: string): number {
  const turns = logic(parameters);
  let messages = turns.advance(1000, spoken([text, 500, 1000]));
  let silence = 0;
  for (; !messages.some((turn) => turn['end_of_turn']); silence += 10) messages = turns.advance(1010 + silence, []);
  return silence;
}

function brief(messages: readonly ServiceMessage[]): unknown[] {
  return messages.map((message) =>
    message.type === 'Turn'
      ? [message['turn_order'], message['end_of_turn'] === true ? 'final' : 'partial', message['transcript']]
      : message.type,
  );
}

describe('TurnLogic of the Pro models', () => {
  it('sends SpeechStarted right before the first partial, partials each second, one formatted final', () => {
    const words = spoken(['Please', 640, 980], ['book', 1000, 1290], ['a', 1300, 1400], ['table', 1450, 2100]);
    const turns = logic(PRO);
    const messages = turns.advance(4000, [...words, ...spoken(['now.', 2150, 2600])]);
    expect(brief(messages)).toEqual([
      'SpeechStarted',
      [0, 'partial', 'Please book a'],
      [0, 'partial', 'Please book a table n—'],
      [0, 'final', 'Please book a table now.'],
    ]);
    expect(messages[0]).toEqual({ type: 'SpeechStarted', timestamp: 640, confidence: 0.96 });
  });

  it('writes type last, marks no word of a partial final and all of a final', () => {
    const messages = logic(PRO).advance(4000, spoken(['Fine', 500, 1500], ['today.', 1550, 2000]));
    const turns = messages.filter(({ type }) => type === 'Turn');
    for (const turn of turns) expect(Object.keys(turn).at(-1)).toBe('type');
    expect(turns.map((turn) => turn['words'])).toMatchObject([
      [{ word_is_final: false }],
      [{ word_is_final: true }, { word_is_final: true }],
    ]);
    expect(turns.at(-1)).toMatchObject({
      end_of_turn_confidence: 1,
      turn_is_formatted: true,
      utterance: 'Fine today.',
    });
  });

  it('ends a complete sentence after min_turn_silence, an incomplete one after max_turn_silence', () => {
    const complete = logic(PRO);
    expect(complete.advance(1127, spoken(['Done.', 500, 1000])).filter((m) => m['end_of_turn'])).toEqual([]);
    expect(complete.advance(1128, []).filter((m) => m['end_of_turn'])).toHaveLength(1);
    const open = logic(PRO);
    expect(open.advance(2279, spoken(['and', 500, 1000])).filter((m) => m['end_of_turn'])).toEqual([]);
    expect(open.advance(2280, []).filter((m) => m['end_of_turn'])).toHaveLength(1);
  });

  it('ends a turn after 60 s although speech continues', () => {
    const words = spoken(
      ...Array.from({ length: 70 }, (_, i) => ['on', 1000 * i, 1000 * i + 990] as [string, number, number]),
    );
    const finals = logic(PRO)
      .advance(70_000, words)
      .filter((message) => message['end_of_turn']);
    expect(finals.map((final) => final['words'])).toMatchObject([{ length: 60 }]);
  });

  it('sends SpeechStarted with the final if partials are disabled', () => {
    const messages = logic({ ...PRO, include_partial_turns: 'false' }).advance(
      5000,
      spoken(['Go', 0, 900], ['now.', 950, 2500]),
    );
    expect(brief(messages)).toEqual(['SpeechStarted', [0, 'final', 'Go now.']]);
  });

  it('sends Silence each second between turns', () => {
    const turns = logic({ ...PRO, acknowledge_silence: 'true' });
    expect(turns.advance(2100, [])).toEqual([
      { type: 'Silence', start_ms: 0, end_ms: 1000 },
      { type: 'Silence', start_ms: 1000, end_ms: 2000 },
    ]);
  });

  it('labels speakers after 2 s of speech, and corrects earlier turns at the end', () => {
    const turns = logic({ ...PRO, speaker_labels: 'true', include_partial_turns: 'false' });
    const words = spoken(['Long.', 0, 2500, 'A'], ['Again.', 4000, 4500, 'A'], ['Hi.', 6000, 6500, 'B']);
    const finals = turns.advance(9000, words).filter(({ type }) => type === 'Turn');
    expect(finals.map((turn) => turn['speaker_label'])).toEqual(['PENDING', 'A', 'PENDING']);
    const [revision] = turns.finish();
    expect(revision).toMatchObject({
      type: 'SpeakerRevision',
      revisions: [
        { turn_order: 0, speaker_label: 'A', words: [{ text: 'Long.', start: 0, end: 2500, speaker: 'A' }] },
        { turn_order: 2, speaker_label: 'B', words: [{ text: 'Hi.' }] },
      ],
    });
  });
});

describe('TurnLogic of the Universal-Streaming models', () => {
  it('sends a message per word, empty first, then the utterance, then one plain final', () => {
    const messages = logic(US).advance(4000, spoken(['Turn', 560, 640], ['left.', 720, 880]));
    expect(messages.map((turn) => [turn['transcript'], turn['utterance'], turn['end_of_turn']])).toEqual([
      ['', '', false],
      ['turn', '', false],
      ['turn', 'Turn left.', false],
      ['turn left', '', true],
    ]);
    expect(messages.every((turn) => turn['turn_is_formatted'] === false)).toBe(true);
    expect(messages[1]!['words']).toMatchObject([
      { text: 'turn', word_is_final: true },
      { text: 'lef', word_is_final: false },
    ]);
  });

  it('sends two finals of one turn_order with format_turns, or one', () => {
    const words = spoken(['Yes,', 100, 400], ['yes.', 450, 800]);
    const finals = (formatting: 'two-finals' | 'one-final') =>
      logic({ ...US, format_turns: 'true' }, formatting)
        .advance(3000, words)
        .filter((turn) => turn['end_of_turn'])
        .map((turn) => [turn['turn_order'], turn['turn_is_formatted'], turn['transcript']]);
    expect(finals('two-finals')).toEqual([
      [0, false, 'yes yes'],
      [0, true, 'Yes, yes.'],
    ]);
    expect(finals('one-final')).toEqual([[0, true, 'Yes, yes.']]);
  });

  it('ends on confidence after min_turn_silence, on silence after max_turn_silence', () => {
    expect(silenceUntilFinal({ ...US }, 'Done.')).toBe(400);
    expect(silenceUntilFinal({ ...US }, 'and')).toBe(1280);
    expect(silenceUntilFinal({ ...US, end_of_turn_confidence_threshold: '0' }, 'and')).toBe(400);
    expect(silenceUntilFinal({ ...US, end_of_turn_confidence_threshold: '1' }, 'Done.')).toBe(1280);
    expect(silenceUntilFinal({ ...US, min_turn_silence: '160', max_turn_silence: '360' }, 'Done.')).toBe(160);
  });

  it('sends an empty final at the end of the session', () => {
    const turns = logic(US);
    turns.advance(4000, spoken(['Done.', 0, 500]));
    expect(turns.finish()).toMatchObject([{ turn_order: 1, end_of_turn: true, transcript: '', words: [] }]);
  });
});

describe('TurnLogic', () => {
  it('does nothing without audio', () => {
    const turns = logic(PRO);
    turns.advance(1000, spoken(['Done.', 500, 1000]));
    expect(turns.advance(1000, [])).toEqual([]);
  });

  it('ends the open turn at ForceEndpoint; the word in progress opens the next', () => {
    const turns = logic(PRO);
    turns.advance(1400, [...spoken(['Stop', 0, 600]), ...spoken(['here', 700, 1500]).slice(0, 2)]);
    expect(brief(turns.forceEndpoint())).toEqual([[0, 'final', 'Stop']]);
    expect(turns.forceEndpoint()).toEqual([]);
    const rest = turns.advance(4000, spoken(['here', 700, 1500]).slice(2));
    expect(brief(rest)).toEqual([
      'SpeechStarted',
      [1, 'partial', 'here'],
      [1, 'partial', 'here'],
      [1, 'final', 'here'],
    ]);
  });

  it('sends the same messages for any frame size', () => {
    const recording = syntheticSpeech({ seed: 3, seconds: 40 });
    const recognise = recogniseRecordings([recording]);
    const send = (parameters: Record<string, string>, size: number): ServiceMessage[] => {
      const pipeline = new AudioPipeline(parameters, recognise, 'two-finals');
      const messages: ServiceMessage[] = [];
      for (let at = 0; at < recording.pcm.length; at += size) {
        messages.push(...pipeline.push(recording.pcm.subarray(at, at + size)));
      }
      return [...messages, ...pipeline.finish()];
    };
    fc.assert(
      fc.property(fc.constantFrom(PRO, US), fc.integer({ min: 100, max: 32_000 }), (parameters, size) => {
        expect(send(parameters, size)).toEqual(send(parameters, 3200));
      }),
      { numRuns: 30 },
    );
  });
});
