import { checkHashes } from '../models.ts';
import type { EngineConfig, EngineInput, EngineOutput } from './engineMessages.ts';
import { MIN_SILENCE_S, MIN_SPEECH_S, OfflineTurns } from './offlineTurns.ts';
import { OnlineTurns } from './onlineTurns.ts';
import { PartialSchedule } from './partialSchedule.ts';
import { loadSherpa } from './sherpa.ts';

/*
 * The engine of one session, in a process of its own: a broken model file aborts the whole process, a worker thread included,
 * and a recognition blocks its event loop for up to seconds.
 */

const config = JSON.parse(process.argv[2] ?? '') as EngineConfig;
const startedAt = performance.now();
let ended = false;

/** A closed channel means that the parent is gone: it needs no events. */
function post(message: EngineOutput): void {
  if (process.connected) process.send?.(message);
}

async function createTurns(): Promise<OfflineTurns | OnlineTurns> {
  const { model, finalModel, vadModel, threads, turns } = config;
  await checkHashes(model);
  if (finalModel) await checkHashes(finalModel);
  const sherpa = loadSherpa(config.build);
  const emit: ConstructorParameters<typeof OnlineTurns>[2] = (event) => post({ type: 'event', event });
  const created = model.streaming
    ? new OnlineTurns(sherpa.online(model, threads), turns, emit)
    : new OfflineTurns(
        {
          ...recognisers(),
          detector: sherpa.detector(vadModel ?? '', MIN_SPEECH_S, MIN_SILENCE_S),
        },
        turns,
        emit,
      );
  post({ type: 'ready', build: sherpa.build, loadMs: performance.now() - startedAt });
  return created;

  function recognisers(): Pick<ConstructorParameters<typeof OfflineTurns>[0], 'recognise' | 'recogniseFinal'> {
    const recognise = sherpa.offline(model, threads);
    return { recognise, recogniseFinal: finalModel ? sherpa.offline(finalModel, threads) : recognise };
  }
}

/** The bytes as samples; what arrives over the channel may start at an odd address. */
function samplesOf(bytes: Uint8Array): Int16Array {
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes); // `slice` of a Buffer copies nothing
  return new Int16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 1);
}

function receive(turns: OfflineTurns | OnlineTurns, input: EngineInput): void {
  switch (input.type) {
    case 'audio':
      turns.accept(samplesOf(input.bytes));
      post({ type: 'processed', bytes: input.bytes.byteLength });
      break;
    case 'forceEndpoint':
      turns.forceEndpoint();
      break;
    case 'end': {
      ended = true;
      const audioMs = turns.finish();
      const event = {
        type: 'Termination',
        audio_duration_seconds: Math.round(audioMs / 1000),
        session_duration_seconds: Math.round((performance.now() - startedAt) / 1000),
      } as const;
      post({ type: 'event', event });
    }
  }
}

process.on('disconnect', () => process.exit());
try {
  const turns = await createTurns();
  const partials = new PartialSchedule(() => ended || turns.emitPartial());
  process.on('message', (input: EngineInput) => {
    if (ended) return;
    receive(turns, input);
    if (config.turns.partials && input.type === 'audio') partials.received(input.waiting);
  });
} catch (error) {
  post({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
  process.disconnect();
}
