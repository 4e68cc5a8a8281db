// The benchmark service, started by fork. It does as little as possible so that the client gets the machine: it parses
// WebSocket frames itself and counts audio without unmasking it, unless a digest is requested. It answers `usage` with its
// CPU time and exits with its parent.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:https';
import { openAuthority } from '../../../dist/src/simulator/authority.js';
import { BYTES_PER_MS, dueMs, message, micros } from './serviceMessages.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455, 1.3
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];
const EMPTY = Buffer.alloc(0);

/** One connection: receives audio, sends messages. */
class Session {
  #socket;
  #digest;
  #rest = EMPTY;
  /** The frame being received, and how many bytes of its payload are missing. */
  #opcode = 0;
  #left = 0;
  #mask = EMPTY;
  #kept = [];
  #step = 0;
  bytes = 0;
  frames = 0;

  constructor(socket, digest) {
    this.#socket = socket;
    this.#digest = digest ? createHash('sha1') : undefined;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data) => this.#take(data));
    const expires_at = Math.floor(Date.now() / 1000) + 3 * 3600;
    this.#send({ type: 'Begin', id: randomUUID(), expires_at, configuration: { sample_rate: 16_000 } });
  }

  #take(data) {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : data;
    this.#rest = EMPTY;
    while (bytes.length > 0) {
      if (this.#left === 0) {
        const header = headerOf(bytes);
        if (!header) break;
        ({ opcode: this.#opcode, length: this.#left, mask: this.#mask } = header);
        bytes = bytes.subarray(header.size);
      }
      const part = bytes.subarray(0, this.#left);
      bytes = bytes.subarray(part.length);
      this.#left -= part.length;
      if (this.#opcode === BINARY) this.bytes += part.length;
      if (this.#opcode !== BINARY || this.#digest) this.#kept.push(part);
      if (this.#left === 0) this.#end();
    }
    if (bytes.length > 0) this.#rest = bytes;
  }

  /** A frame is complete. */
  #end() {
    const payload = this.#kept.length > 0 ? unmasked(Buffer.concat(this.#kept), this.#mask) : EMPTY;
    this.#kept = [];
    if (this.#opcode === BINARY) {
      this.frames++;
      this.#digest?.update(payload);
      while (this.bytes >= dueMs(this.#step) * BYTES_PER_MS) this.#send(message(this.#step++, micros()));
    } else if (this.#opcode === PING) this.#socket.write(frame(PONG, payload));
    else if (this.#opcode === CLOSE) this.#socket.end(frame(CLOSE, payload));
    else if (payload.includes('Terminate')) this.#terminate();
  }

  #terminate() {
    const { bytes, frames } = this;
    this.#send({ type: 'Termination', bytes, frames, digest: this.#digest?.digest('hex') });
    this.#socket.write(frame(CLOSE, Buffer.from([0x03, 0xe8])));
  }

  #send(what) {
    this.#socket.write(frame(TEXT, Buffer.from(JSON.stringify(what))));
  }
}

/** The frame header at the start of `bytes`, if it is complete; payloads from clients are masked. */
function headerOf(bytes) {
  if (bytes.length < 2) return undefined;
  const opcode = bytes[0] & 0x0f;
  const short = bytes[1] & 0x7f;
  const size = 6 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < size) return undefined;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  return { opcode, length, size, mask: Buffer.from(bytes.subarray(size - 4, size)) };
}

function unmasked(payload, mask) {
  for (let at = 0; at < payload.length; at++) payload[at] ^= mask[at & 3];
  return payload;
}

function frame(opcode, payload) {
  const { length } = payload;
  const head = length < 126 ? [0x80 | opcode, length] : [0x80 | opcode, 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), payload]);
}

const authority = await openAuthority(process.env.RXSCRIBE_TEST_CA_DIR);
const server = createServer(authority.issue());
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID);
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept.digest('base64')}`, '', ''].join('\r\n'));
  void new Session(socket, request.headers.authorization === 'digest');
});
server.on('tlsClientError', () => {});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send({ url: `wss://localhost:${server.address().port}/v3/ws` });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1000 });
});
process.once('disconnect', () => process.exit());
