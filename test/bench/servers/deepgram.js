import { Cut } from './cut.js';
import { listen } from './listen.js';
import { Turns } from './turns.js';

/**
 * What the Deepgram client needs of `wss://api.deepgram.com/v1/listen`: a token in the header, `Results` with the interim or
 * final words since the last final, on the clock of the connection; `CloseStream` is answered with the last of them,
 * `Metadata`, and close 1000. A connection remembers nothing of the one before.
 *
 * @see https://developers.deepgram.com/reference/speech-to-text/listen-streaming
 */
export async function startDeepgram({ ledger, ...cutting }) {
  const cut = new Cut(cutting);
  const key = 'a-key';
  const onSocket = (socket, request) => {
    if (request.headers.authorization !== `Token ${key}`) return socket.close(1008);
    const turns = new Turns(ledger);
    const tell = (told) => told.forEach((turn) => socket.send(JSON.stringify(results(turn, turns.heardMs))));
    return socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const arrived = cut.pass(data, request.socket);
        if (arrived.length > 0) tell(turns.hear(arrived));
      } else if (JSON.parse(data).type === 'CloseStream') {
        tell(turns.finish());
        socket.send(JSON.stringify({ type: 'Metadata', duration: turns.heardMs / 1000, channels: 1 }));
        socket.close(1000);
      }
    });
  };
  const { port, close } = await listen({ onSocket });
  return { url: `ws://localhost:${port}`, key, close };
}

function results({ isFinal, words }, heardMs) {
  const start = words[0].startMs / 1000;
  const alternative = {
    transcript: words.map(({ text }) => text).join(' '),
    confidence: 0.99,
    words: words.map(({ text, startMs, endMs }) => ({
      word: text,
      start: startMs / 1000,
      end: endMs / 1000,
      confidence: 0.99,
      punctuated_word: text,
    })),
  };
  return {
    type: 'Results',
    channel_index: [0, 1],
    start,
    duration: heardMs / 1000 - start,
    is_final: isFinal,
    speech_final: isFinal,
    channel: { alternatives: [alternative] },
    metadata: {
      request_id: 'loopback',
      model_uuid: 'loopback',
      model_info: { name: 'nova-3', version: '0', arch: '' },
    },
    from_finalize: false,
  };
}
