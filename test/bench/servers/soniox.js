import { ConnectionFault } from './connectionFault.js';
import { listen } from './listen.js';
import { Turns } from './turns.js';

/** Delay after which a word becomes final within its turn, in milliseconds. */
const SETTLED_MS = 1000;

/**
 * The part of `wss://stt-rt.soniox.com/transcribe-websocket` that the Soniox client needs: a first message with key and
 * format, then audio. Final tokens are sent once, others in every message, and `<end>` after a turn. An empty message ends
 * the audio; the rest is sent with `finished`. Connections share no state.
 *
 * @see https://soniox.com/docs/stt/api-reference/websocket-api
 */
export async function startSoniox({ ledger, ...faultOptions }) {
  const connection = new ConnectionFault(faultOptions);
  const key = 'a-key';
  const onSocket = (socket, request) => {
    const turns = new Turns(ledger);
    let isConfigured = false;
    let finals = 0; // words of the current turn already sent as final
    const send = (tokens, extra = {}) => {
      const total_audio_proc_ms = turns.receivedMs;
      const final_audio_proc_ms = tokens.findLast(({ is_final }) => is_final)?.end_ms ?? 0;
      socket.send(JSON.stringify({ tokens, final_audio_proc_ms, total_audio_proc_ms, ...extra }));
    };
    const sendAll = (results) => {
      for (const { isFinal, words } of results) {
        const isSettled = ({ endMs }) => isFinal || endMs + SETTLED_MS <= turns.receivedMs;
        const tokens = words.slice(finals).map((word, index) => tokenOf(word, finals + index === 0, isSettled(word)));
        finals = isFinal ? 0 : finals + tokens.filter(({ is_final }) => is_final).length;
        send(isFinal ? [...tokens, { text: '<end>', is_final: true }] : tokens);
      }
    };
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const arrived = connection.pass(data, request.socket);
        if (arrived.length > 0) sendAll(turns.push(arrived));
      } else if (!isConfigured) {
        isConfigured = JSON.parse(data).api_key === key;
        if (!isConfigured) socket.send(JSON.stringify({ error_code: 401, error_message: 'a wrong key' }));
      } else if (data.length === 0) {
        sendAll(turns.finish());
        send([], { finished: true });
        socket.close(1000);
      }
    });
  };
  const { port, close } = await listen({ onSocket });
  return { url: `ws://localhost:${port}`, key, close };
}

function tokenOf({ text, startMs, endMs }, isFirst, isFinal) {
  return {
    text: `${isFirst ? '' : ' '}${text}`,
    start_ms: startMs,
    end_ms: endMs,
    confidence: 0.99,
    is_final: isFinal,
  };
}
