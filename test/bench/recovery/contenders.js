// The compared clients. Each connects to the given service and resolves, once it accepts audio, to
//   { send(frame), end() }: `end` resolves after the last turns
// and calls `onTurn({ isFinal, words: [{ text, start, end }] })`, with times in milliseconds as the app receives them,
// `onError(error)` for errors that are emitted, and `onEvent(event)` for what else is worth knowing.
import { once } from 'node:events';

/** A model that returns each word immediately, like the servers of the other clients here. */
const MODEL = { speechModel: 'universal-streaming-english', sampleRate: 16_000 };

export const CONTENDERS = {
  rxscribe: async ({ url, key, onTurn, onError, onEvent }) => {
    const { Subject } = await import('rxjs');
    const { transcribe } = await import('../../../dist/src/index.js');
    const frame$ = new Subject();
    const begun = promised();
    const ended = promised();
    frame$.pipe(transcribe({ apiKey: key, websocketBaseUrl: url, ...MODEL })).subscribe({
      next: (event) => {
        if (event.type === 'Turn') onTurn(event);
        else onEvent(event);
        if (event.type === 'Begin') begun.resolve();
      },
      error: (error) => {
        onError(error);
        ended.resolve();
      },
      complete: ended.resolve,
    });
    await begun.promise;
    const end = () => {
      frame$.complete();
      return ended.promise;
    };
    return { send: (frame) => frame$.next(frame), end };
  },

  /** The SDK as in its README. */
  plain: async ({ url, key, onTurn, onError }) => {
    const transcriber = await connectPlain({ url, key, onTurn, onError });
    return { send: (frame) => transcriber.sendAudio(frame), end: () => transcriber.close() };
  },

  /** The same with a minimal reconnection: a new transcriber after a close, and a queue until it is connected. */
  'plain, reconnecting': async ({ url, key, onTurn, onError }) => {
    let transcriber;
    let queue = [];
    const connect = async () => {
      try {
        const next = await connectPlain({ url, key, onTurn, onError, onClose: reconnect });
        for (const frame of queue) next.sendAudio(frame);
        queue = [];
        transcriber = next;
      } catch {
        setTimeout(() => void connect(), 1000);
      }
    };
    const reconnect = () => {
      if (!transcriber) return;
      transcriber = undefined;
      void connect();
    };
    await connect();
    return {
      send: (frame) => (transcriber ? transcriber.sendAudio(frame) : queue.push(frame)),
      end: () => {
        const last = transcriber;
        transcriber = undefined;
        return last?.close();
      },
    };
  },

  /** As in its README; the client reconnects automatically. */
  deepgram: async (setup) => {
    const { connection, end } = await connectDeepgram(setup);
    return { send: (frame) => connection.sendMedia(frame), end };
  },

  /** Bypasses the check of `sendMedia`: the public socket queues while it is not open. */
  'deepgram, queued': async (setup) => {
    const { connection, end } = await connectDeepgram(setup);
    return { send: (frame) => connection.socket.send(frame), end };
  },

  gladia: async ({ url, key, onTurn, onError }) => {
    const { GladiaClient } = await import('@gladiaio/sdk');
    const session = new GladiaClient({ apiKey: key, apiUrl: url }).liveV2().startSession({
      encoding: 'wav/pcm',
      bit_depth: 16,
      sample_rate: 16_000,
      channels: 1,
      messages_config: { receive_partial_transcripts: true, receive_final_transcripts: true },
    });
    session.on('error', onError);
    session.on('message', ({ type, data }) => {
      if (type !== 'transcript') return;
      const words = data.utterance.words.map(({ word, start, end }) => inMs(word, start, end));
      onTurn({ isFinal: data.is_final, words });
    });
    await new Promise((resolve) => session.once('connected', resolve));
    const end = () =>
      new Promise((resolve) => {
        session.once('ended', resolve);
        session.stopRecording();
      });
    return { send: (frame) => session.sendAudio(frame), end };
  },

  /** Its `Recording` with a custom source; its reconnect delay is set to that of this package (default 1 s). */
  soniox: async ({ url, key, onTurn, onError }) => {
    globalThis.WebSocket ??= (await import('ws')).WebSocket; // Node 20 has none
    const { SonioxClient } = await import('@soniox/client');
    let send;
    const source = { start: ({ onData }) => Promise.resolve((send = onData)), stop: () => {} };
    const client = new SonioxClient({ config: { api_key: key, stt_ws_url: url } });
    const recording = client.realtime.record({
      model: 'stt-rt-v5',
      audio_format: 'pcm_s16le',
      sample_rate: 16_000,
      num_channels: 1,
      enable_endpoint_detection: true,
      auto_reconnect: true,
      reconnect_base_delay_ms: 250,
      source,
    });
    recording.on('error', onError);
    recording.on('result', ({ tokens }) => {
      const results = tokens.map(({ text, start_ms: start, end_ms: end, is_final }) => ({
        isFinal: is_final,
        words: [{ text: text.trim(), start, end }],
      }));
      for (const result of results) onTurn(result);
    });
    await new Promise((resolve) => recording.once('connected', resolve));
    return { send: (frame) => send(frame), end: () => recording.stop() };
  },
};

async function connectPlain({ url, key, onTurn, onError, onClose = () => {} }) {
  const { StreamingTranscriber } = await import('assemblyai/streaming');
  const transcriber = new StreamingTranscriber({
    apiKey: key,
    websocketBaseUrl: url,
    connectTimeout: 10_000,
    ...MODEL,
  });
  transcriber.on('turn', ({ end_of_turn, words }) => onTurn({ isFinal: end_of_turn, words }));
  transcriber.on('error', onError);
  transcriber.on('close', onClose);
  await transcriber.connect();
  return transcriber;
}

async function connectDeepgram({ url, key, onTurn, onError }) {
  const { DeepgramClient } = await import('@deepgram/sdk');
  const client = new DeepgramClient({ apiKey: key, baseUrl: url });
  const connection = await client.listen.v1.connect({
    model: 'nova-3',
    encoding: 'linear16',
    sample_rate: 16_000,
    interim_results: 'true',
    endpointing: 400,
  });
  connection.on('error', onError);
  connection.on('message', ({ type, is_final, channel }) => {
    if (type !== 'Results') return;
    const words = channel.alternatives[0].words.map(({ word, start, end }) => inMs(word, start, end));
    onTurn({ isFinal: is_final, words });
  });
  connection.connect();
  await connection.waitForOpen();
  const end = async () => {
    const closed = once(connection.socket, 'close').catch(() => {});
    connection.socket.send(JSON.stringify({ type: 'CloseStream' }));
    await closed;
  };
  return { connection, end };
}

function inMs(text, start, end) {
  return { text, start: Math.round(start * 1000), end: Math.round(end * 1000) };
}

function promised() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}
