// The physical limit: the same frames sent without the SDK, by a bare `ws` client and as prepared bytes over TLS.
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTask } from 'node:timers/promises';
import { connect } from 'node:tls';
import { WebSocket } from '../../../node_modules/ws/wrapper.mjs'; // the SDK's, not that of a peer installed here
import { FRAME_BYTES } from './serviceMessages.js';

const MAX_BUFFERED = 64_000;
const TERMINATE = JSON.stringify({ type: 'Terminate' });

/** Cuts chunks into frames without a tail and waits while more than `MAX_BUFFERED` bytes are buffered. */
async function sendFrames(chunks, send, buffered, drained) {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks()) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    for (; rest.length >= FRAME_BYTES; rest = rest.subarray(FRAME_BYTES)) {
      send(rest.subarray(0, FRAME_BYTES));
      if (buffered() > MAX_BUFFERED) await drained();
    }
    await nextTask();
  }
}

function addMessage(result, text) {
  const message = JSON.parse(text);
  if (message.type === 'Termination') result.Termination = message;
  if (message.end_of_turn) result.finals.push(message.transcript);
}

export const limits = {
  async 'bare ws'({ url, apiKey, chunks }) {
    const result = { finals: [] };
    const socket = new WebSocket(url, { headers: { authorization: apiKey } });
    socket.on('message', (data) => addMessage(result, data));
    await once(socket, 'open');
    const drained = () => new Promise((resolve) => socket.ping(undefined, undefined, resolve));
    await sendFrames(
      chunks,
      (frame) => socket.send(frame),
      () => socket.bufferedAmount,
      drained,
    );
    socket.send(TERMINATE);
    await once(socket, 'close');
    return result;
  },

  /** Every frame has the same bytes, masked in advance, so it needs no digest. */
  async 'raw TLS'({ url, apiKey, chunks }) {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port, servername: hostname });
    await once(socket, 'secureConnect');
    const key = randomBytes(16).toString('base64');
    const lines = [`GET ${pathname} HTTP/1.1`, `Host: ${hostname}`, 'Upgrade: websocket', 'Connection: Upgrade'];
    lines.push(`Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', `Authorization: ${apiKey}`, '', '');
    socket.write(lines.join('\r\n'));
    const received = [];
    const terminated = new Promise((resolve) => {
      socket.on('data', (data) => {
        received.push(data);
        if (data.includes('"Termination"')) resolve();
      });
    });
    await once(socket, 'data');
    const audio = masked(2, Buffer.alloc(FRAME_BYTES, 'noise'));
    const drained = () => once(socket, 'drain');
    await sendFrames(
      chunks,
      () => socket.write(audio),
      () => socket.writableLength,
      drained,
    );
    socket.write(masked(1, Buffer.from(TERMINATE)));
    await terminated;
    socket.destroy();
    const result = { finals: [] };
    for (const text of textMessages(Buffer.concat(received))) addMessage(result, text);
    return result;
  },
};

/** A complete frame from a client to a service (RFC 6455, 5.2). */
function masked(opcode, payload) {
  const mask = randomBytes(4);
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, 0x80 | length] : [0x80 | opcode, 0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, at) => byte ^ mask[at & 3])]);
}

/**
 * The text messages that follow the response to the upgrade.
 *
 * @yields JSON.
 */
function* textMessages(bytes) {
  for (let at = bytes.indexOf('\r\n\r\n') + 4; at + 2 <= bytes.length;) {
    const short = bytes[at + 1] & 0x7f;
    const start = at + (short === 126 ? 4 : 2);
    const end = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
    if ((bytes[at] & 0x0f) === 1) yield bytes.toString('utf8', start, end);
    at = end;
  }
}
