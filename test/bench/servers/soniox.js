import { Cut } from './cut.js';
import { listen } from './listen.js';
import { Turns } from './turns.js';

/** How long after its end a word is final, in milliseconds, if its turn does not end before. */
const SETTLED_MS = 1000;

/**
 * What the Soniox client needs of `wss://stt-rt.soniox.com/transcribe-websocket`: a first message with the key and the
 * format, then audio; tokens that are final are told once, the others with each message, and `<end>` at the end of a turn;
 * an empty message asks for the rest, which is told with `finished`. A connection remembers nothing of the one before.
 *
 * @see https://soniox.com/docs/stt/api-reference/websocket-api
 */
export async function startSoniox({ ledger, ...cutting }) {
  const cut = new Cut(cutting);
  const key = 'a-key';
  const onSocket = (socket, request) => {
    const turns = new Turns(ledger);
    let isConfigured = false;
    let finals = 0; // words of the present turn that are told as final
    const tell = (tokens, extra = {}) => {
      const total_audio_proc_ms = turns.heardMs;
      const final_audio_proc_ms = tokens.findLast(({ is_final }) => is_final)?.end_ms ?? 0;
      socket.send(JSON.stringify({ tokens, final_audio_proc_ms, total_audio_proc_ms, ...extra }));
    };
    const tellAll = (told) => {
      for (const { isFinal, words } of told) {
        const isSettled = ({ endMs }) => isFinal || endMs + SETTLED_MS <= turns.heardMs;
        const tokens = words.slice(finals).map((word, index) => tokenOf(word, finals + index === 0, isSettled(word)));
        finals = isFinal ? 0 : finals + tokens.filter(({ is_final }) => is_final).length;
        tell(isFinal ? [...tokens, { text: '<end>', is_final: true }] : tokens);
      }
    };
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const arrived = cut.pass(data, request.socket);
        if (arrived.length > 0) tellAll(turns.hear(arrived));
      } else if (!isConfigured) {
        isConfigured = JSON.parse(data).api_key === key;
        if (!isConfigured) socket.send(JSON.stringify({ error_code: 401, error_message: 'a wrong key' }));
      } else if (data.length === 0) {
        tellAll(turns.finish());
        tell([], { finished: true });
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
