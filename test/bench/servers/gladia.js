import { randomUUID } from 'node:crypto';
import { ConnectionFault } from './connectionFault.js';
import { listen } from './listen.js';
import { Turns } from './turns.js';

/** Delay of acknowledgements, in milliseconds. */
const ACK_MS = 250;

/**
 * The part of `https://api.gladia.io/v2/live` that the Gladia client needs: POST creates a session that outlives its
 * connections; audio is acknowledged by byte range; transcripts are timed from the start of the session; `stop_recording`
 * is answered with the last transcripts and `end_session`. Audio that is sent again is recognised only once.
 *
 * @see https://docs.gladia.io/api-reference/v2/live/init
 */
export async function startGladia({ ledger, ...faultOptions }) {
  const connection = new ConnectionFault(faultOptions);
  const key = 'a-key';
  const sessions = new Map();
  const onRequest = (request, response) => {
    const isInit = request.method === 'POST' && request.url.startsWith('/v2/live');
    if (!isInit || request.headers['x-gladia-key'] !== key) return response.writeHead(404).end();
    const id = randomUUID();
    sessions.set(id, new Session(id, ledger));
    response.writeHead(201, { 'content-type': 'application/json' });
    const url = `ws://${request.headers.host}/v2/live?token=${id}`;
    return response.end(JSON.stringify({ id, created_at: new Date().toISOString(), url }));
  };
  const onSocket = (socket, request) => {
    const session = sessions.get(new URL(request.url, 'ws://localhost').searchParams.get('token'));
    if (!session) return socket.close(4401);
    return session.connect(socket, (bytes) => connection.pass(bytes, request.socket));
  };
  const { port, close } = await listen({ onRequest, onSocket });
  return { url: `http://localhost:${port}`, key, close };
}

class Session {
  #id;
  #ledger;
  #turns;
  /** Bytes of the session acknowledged, and received. */
  #acknowledged = 0;
  #recognised = 0;

  constructor(id, ledger) {
    this.#id = id;
    this.#ledger = ledger;
    this.#turns = new Turns({ add: () => {} }); // bytes are counted below, including repeated ones
  }

  connect(socket, pass) {
    let received = this.#acknowledged;
    const send = (message) =>
      socket.send(JSON.stringify({ session_id: this.#id, created_at: new Date().toISOString(), ...message }));
    const sendAll = (results) => results.forEach((turn) => send({ type: 'transcript', data: transcript(turn) }));
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        const from = received;
        const arrived = pass(data);
        received += arrived.length;
        if (arrived.length === 0) return;
        this.#enter(arrived);
        const fresh = arrived.subarray(Math.max(0, this.#recognised - from));
        this.#recognised = Math.max(this.#recognised, received);
        if (fresh.length > 0) sendAll(this.#turns.push(fresh));
        if (arrived.length === data.length)
          setTimeout(() => this.#acknowledge(socket, send, from, from + data.length), ACK_MS);
      } else if (JSON.parse(data).type === 'stop_recording') {
        sendAll(this.#turns.finish());
        send({ type: 'stop_recording', acknowledged: true, error: null, data: {} });
        send({ type: 'end_session' });
        socket.close(1000);
      }
    });
  }

  #enter(bytes) {
    const at = bytes.readUInt32LE(0) - 1;
    this.#ledger.add(at, at + bytes.length);
  }

  #acknowledge(socket, send, from, to) {
    if (socket.readyState !== socket.OPEN) return;
    this.#acknowledged = to;
    const data = { byte_range: [from, to], time_range: [from / 32_000, to / 32_000] };
    send({ type: 'audio_chunk', acknowledged: true, error: null, data });
  }
}

function transcript({ isFinal, words }) {
  const utterance = {
    start: words[0].startMs / 1000,
    end: words.at(-1).endMs / 1000,
    confidence: 0.99,
    channel: 0,
    language: 'en',
    text: words.map(({ text }) => text).join(' '),
    words: words.map(({ text, startMs, endMs }) => ({
      word: text,
      start: startMs / 1000,
      end: endMs / 1000,
      confidence: 0.99,
    })),
  };
  return { id: `00_${Math.round(words[0].startMs)}`, is_final: isFinal, utterance };
}
