import { closeSync, openSync, readFileSync, readSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFailure } from '../captions/writeFailure.ts';
import { TranscriptionError } from '../errors.ts';
import { lockFolder } from '../durable/runLock.ts';
import { writeFully } from '../durable/writeFully.ts';
import type { Spool, SpoolItem } from './spool.ts';

/** Where an item is on the disk. */
interface Entry {
  readonly segment: number;
  readonly position: number;
  readonly headBytes: number;
  readonly dataBytes: number;
}

/** Bytes per file: a file is removed when all its items are stored. */
const SEGMENT_BYTES = 1_000_000;
/** Each item is preceded by the lengths of its head and its data. */
const LENGTH_BYTES = 8;
const EXTENSION = '.spool';
const STATE = 'spool.json';

/** What `spool.json` contains. */
interface State {
  readonly room: string;
  readonly bases: readonly (readonly [run: number, base: number])[];
}

/**
 * A spool in a folder: items are written before anything else happens to them, and a later process continues with those
 * that an earlier one left.
 */
export class DiskSpool implements Spool {
  readonly bases: Map<number, number> = new Map<number, number>();
  readonly #folder: string;
  readonly #room: string;
  readonly #mostBytes: number;
  readonly #release: () => void;
  readonly #entries: Entry[] = [];
  /** The number of the first entry. */
  #first = 0;
  #bytes = 0;
  #droppedBytes = 0;
  #segment = 0;
  #fd: number | undefined;
  #written = 0;
  /** The file that was read last; items are read in order. */
  #reading: { readonly segment: number; readonly fd: number } | undefined;

  /** @throws {TranscriptionError} of kind `file` when another process or room holds the folder, or it cannot be used. */
  constructor(folder: string, room: string, mostBytes: number) {
    this.#room = room;
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#release = lockFolder(folder);
    try {
      this.#load();
    } catch (cause) {
      this.#release();
      throw cause instanceof TranscriptionError ? cause : writeFailure(folder, cause);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  push({ data, ...head }: SpoolItem): void {
    const json = Buffer.from(JSON.stringify(head));
    const record = Buffer.alloc(LENGTH_BYTES);
    record.writeUInt32LE(json.length);
    record.writeUInt32LE(data.length, 4);
    if (this.#fd === undefined || this.#written >= SEGMENT_BYTES) this.#openSegment();
    const path = this.#path(this.#segment);
    writeFully(this.#fd!, path, Buffer.concat([record, json, data]), this.#written);
    this.#add({ segment: this.#segment, position: this.#written, headBytes: json.length, dataBytes: data.length });
    this.#written += LENGTH_BYTES + json.length + data.length;
    while (this.#bytes > this.#mostBytes) this.#droppedBytes += this.#removeFirst();
  }

  peek(most: number): { readonly number: number; readonly item: SpoolItem }[] {
    return this.#entries
      .slice(0, most)
      .map((entry, index) => ({ number: this.#first + index, item: this.#read(entry) }));
  }

  removeUpTo(number: number): void {
    while (this.#first <= number && this.#entries.length > 0) this.#removeFirst();
  }

  setBase(run: number, base: number): void {
    this.bases.set(run, base);
    this.#save();
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    if (this.#reading) closeSync(this.#reading.fd);
    if (this.#entries.length === 0) {
      rmSync(this.#path(this.#segment), { force: true });
      rmSync(join(this.#folder, STATE), { force: true });
    }
    this.#fd = undefined;
    this.#reading = undefined;
    this.#release();
  }

  #save(): void {
    const path = join(this.#folder, STATE);
    try {
      writeFileSync(`${path}.part`, JSON.stringify({ room: this.#room, bases: [...this.bases] } satisfies State));
      renameSync(`${path}.part`, path);
    } catch (cause) {
      throw writeFailure(path, cause);
    }
  }

  #path(segment: number): string {
    return join(this.#folder, `${String(segment).padStart(9, '0')}${EXTENSION}`);
  }

  #openSegment(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    const before = this.#segment++;
    if (!this.#entries.some(({ segment }) => segment === before)) rmSync(this.#path(before), { force: true });
    const path = this.#path(this.#segment);
    try {
      this.#fd = openSync(path, 'w+');
    } catch (cause) {
      throw writeFailure(path, cause);
    }
    this.#written = 0;
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    this.#bytes += entry.dataBytes;
  }

  /** Removes the oldest item, and its file if that held no other. */
  #removeFirst(): number {
    const entry = this.#entries.shift();
    if (!entry) return 0;
    this.#first++;
    this.#bytes -= entry.dataBytes;
    const { segment } = entry;
    if (segment !== this.#segment && this.#entries[0]?.segment !== segment) {
      if (this.#reading?.segment === segment) {
        closeSync(this.#reading.fd);
        this.#reading = undefined;
      }
      rmSync(this.#path(segment), { force: true });
    }
    return entry.dataBytes;
  }

  #read({ segment, position, headBytes, dataBytes }: Entry): SpoolItem {
    const bytes = Buffer.alloc(headBytes + dataBytes);
    readSync(this.#fileOf(segment), bytes, 0, bytes.length, position + LENGTH_BYTES);
    const head = JSON.parse(bytes.toString('utf8', 0, headBytes)) as Omit<SpoolItem, 'data'>;
    return { ...head, data: bytes.subarray(headBytes) };
  }

  #fileOf(segment: number): number {
    if (segment === this.#segment && this.#fd !== undefined) return this.#fd;
    if (this.#reading?.segment === segment) return this.#reading.fd;
    if (this.#reading) closeSync(this.#reading.fd);
    this.#reading = { segment, fd: openSync(this.#path(segment), 'r') };
    return this.#reading.fd;
  }

  /** Finds the items that an earlier process left; one that was cut off by a crash is skipped. */
  #load(): void {
    const segments = readdirSync(this.#folder)
      .filter((name) => name.endsWith(EXTENSION))
      .map((name) => Number(name.slice(0, -EXTENSION.length)))
      .toSorted((a, b) => a - b);
    for (const segment of segments) {
      const bytes = readFileSync(this.#path(segment));
      for (let position = 0; position + LENGTH_BYTES <= bytes.length;) {
        const headBytes = bytes.readUInt32LE(position);
        const dataBytes = bytes.readUInt32LE(position + 4);
        const end = position + LENGTH_BYTES + headBytes + dataBytes;
        if (end > bytes.length) break;
        this.#add({ segment, position, headBytes, dataBytes });
        position = end;
      }
      this.#segment = segment;
    }
    const { room, bases = [] } = this.#readState();
    if (room !== undefined && room !== this.#room && this.#entries.length > 0) {
      const name = JSON.stringify(this.#folder);
      throw new TranscriptionError(
        'file',
        `${name} holds audio of room ${room}; publish that room first, or choose another folder`,
      );
    }
    for (const [run, base] of bases) this.bases.set(run, base);
    this.#save();
  }

  #readState(): Partial<State> {
    try {
      return JSON.parse(readFileSync(join(this.#folder, STATE), 'utf8')) as State;
    } catch {
      return {}; // a new folder
    }
  }
}
