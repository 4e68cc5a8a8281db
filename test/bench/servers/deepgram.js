import { ConnectionFault } from './connectionFault.js';
import { listen } from './listen.js';
import { Turns } from './turns.js';

/**
 * The part of `wss://api.deepgram.com/v1/listen` that the Deepgram client needs: a token in the header; `Results` with the
 * words since the last final, timed from the start of the connection; after `CloseStream` the last results, `Metadata` and
 * close 1000. Connections share no state.
 *
 * @see https://developers.deepgram.com/reference/speech-to-text/listen-streaming
 */
export async function startDeepgram({ ledger, ...faultOptions }) {
  const connection = new ConnectionFault(faultOptions);
  const key = 'a-key';
  const onSocket = (socket, request) => {
    if (request.headers.authorization !== `Token ${key}`) return socket.close(1008);
    const turns = new Turns(ledger);
    const send = (changed) => changed.forEach((turn) => socket.send(JSON.stringify(results(turn, turns.receivedMs))));
    return socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const arrived = connection.pass(data, request.socket);
        if (arrived.length > 0) send(turns.push(arrived));
      } else if (JSON.parse(data).type === 'CloseStream') {
        send(turns.finish());
        socket.send(JSON.stringify({ type: 'Metadata', duration: turns.receivedMs / 1000, channels: 1 }));
        socket.close(1000);
      }
    });
  };
  const { port, close } = await listen({ onSocket });
  return { url: `ws://localhost:${port}`, key, close };
}

function results({ isFinal, words }, receivedMs) {
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
    duration: receivedMs / 1000 - start,
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
