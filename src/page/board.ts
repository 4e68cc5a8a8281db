import { randomBytes } from 'node:crypto';
import type { FinalTurn, PartialTurn, SpeakerRevision, TranscriptionEvent } from '../../operators/events.ts';
import type { Going, Part, Said, Update } from './client/wire.ts';
import { shareOf, sharesOf } from './parts.ts';
import type { Share } from './parts.ts';

/** How many turns that ended are kept: more than a screen holds. */
export const KEPT_TURNS = 50;
/** How many speakers are told apart. */
const MOST_VOICES = 100;

/** A final, what is shown of it, and when that changed. */
interface Entry {
  readonly turn: FinalTurn;
  readonly said: Said;
  readonly version: number;
}

/**
 * What `transcript()` tells, as far back as a screen goes: the last turns, the partial, how it goes. It grows no further,
 * and knows what changed since any of its versions.
 */
export class Board {
  readonly #run = randomBytes(6).toString('base64url');
  readonly #entries = new Map<number, Entry>();
  readonly #voices = new Map<string, number>();
  #version = 1;
  #from = 0;
  #partial: { readonly turn: PartialTurn; readonly said: Said } | undefined;
  #going: Going = 'waiting';

  /** The version it is in: a word that no other board uses. */
  get version(): string {
    return `${this.#run}.${this.#version}`;
  }

  take(event: TranscriptionEvent): void {
    switch (event.type) {
      case 'Begin':
        return this.#goes('live');
      case 'Reconnecting':
        return this.#goes('reconnecting');
      case 'Turn':
        return event.isFinal ? this.#settle(event) : this.#grow(event);
      case 'SpeakerRevision':
        return this.#revise(event);
      case 'Termination':
        // a partial of a session that is over will get no final
        if (this.#partial?.turn.session === event.session) this.#drop();
        return undefined;
      default:
        return undefined;
    }
  }

  /** Says that nothing more will come; what is being said stays, for want of its end. */
  end(): void {
    if (this.#going !== 'ended') this.#goes('ended');
  }

  /** What a viewer has to be told that knows a version, or none. */
  since(version: string | undefined): Update {
    const known = this.#numberOf(version);
    const entries = [...this.#entries.values()];
    const changed = known === undefined ? entries : entries.filter((entry) => entry.version > known);
    return {
      fresh: known === undefined,
      from: this.#from,
      turns: changed.map(({ said }) => said),
      partial: this.#partial?.said,
      going: this.#going,
    };
  }

  #numberOf(version = ''): number | undefined {
    const [run, number = ''] = version.split('.');
    return run === this.#run && /^\d{1,15}$/.test(number) && Number(number) <= this.#version
      ? Number(number)
      : undefined;
  }

  #goes(going: Going): void {
    this.#version += 1;
    this.#going = going;
  }

  #drop(): void {
    this.#version += 1;
    this.#partial = undefined;
  }

  #grow(turn: PartialTurn): void {
    const { turn_order } = turn;
    if (turn_order < this.#from || this.#entries.has(turn_order)) return;
    this.#version += 1;
    this.#partial = { turn, said: this.#said(turn_order, shareOf(turn)) };
  }

  #settle(turn: FinalTurn): void {
    if (turn.turn_order < this.#from) return;
    this.#put(turn);
    if (this.#partial && this.#partial.turn.turn_order <= turn.turn_order) this.#drop();
    for (const order of this.#entries.keys()) {
      if (this.#entries.size <= KEPT_TURNS) break;
      this.#entries.delete(order);
      this.#from = order + 1;
    }
  }

  #revise({ revisions }: SpeakerRevision): void {
    for (const { turn_order, speaker_label, words } of revisions) {
      const entry = this.#entries.get(turn_order);
      if (entry)
        this.#put({ ...entry.turn, ...(speaker_label !== undefined && { speaker_label }), ...(words && { words }) });
    }
  }

  #put(turn: FinalTurn): void {
    this.#version += 1;
    const said = this.#said(turn.turn_order, sharesOf(turn));
    this.#entries.set(turn.turn_order, { turn, said, version: this.#version });
  }

  #said(order: number, shares: readonly Share[]): Said {
    return { order, parts: shares.map((share) => this.#part(share)) };
  }

  #part({ text, speaker }: Share): Part {
    if (speaker === undefined) return { text };
    const voice = this.#voices.get(speaker) ?? this.#voices.size;
    if (voice < MOST_VOICES) this.#voices.set(speaker, voice);
    return { text, speaker, voice };
  }
}
