import { randomBytes } from 'node:crypto';
import { NEVER } from 'rxjs';
import type { Observable } from 'rxjs';
import type { TranscriptionEvent } from '../../operators/events.ts';
import { checkOptionRules, text, integer } from '../optionRules.ts';
import type { OptionRule, OptionRules } from '../optionRules.ts';
import type { SpeakerNames } from './client/viewState.ts';
import { SPEAKER_NAMES, areSpeakerNames } from './speakerNames.ts';

/** Options of {@link captionsServer}. */
export interface CaptionsServerOptions {
  /** TCP port, 0 to 65535; 0 chooses a free one. @defaultValue `4747` */
  readonly port?: number;
  /**
   * Address or name to listen on, for viewers on other machines; `0.0.0.0` is all addresses of this machine. The URL then
   * contains a secret. @defaultValue loopback only, without a secret
   */
  readonly host?: string;
  /**
   * The secret in the URL, to keep the URL the same over many runs: 22 to 128 letters, digits, `-` and `_`. It is also
   * used on loopback. @defaultValue 128 random bits with `host`, else none
   */
  readonly secret?: string;
  /**
   * Names to show for speakers, by their labels: `{ A: 'Anna' }`. The operator can change them at the `operatorUrl` of
   * the server. @defaultValue the labels
   */
  readonly speakerNames?: Readonly<Record<string, string>>;
  /** Origins of pages that may show the captions in a frame, such as `https://example.com`. @defaultValue none */
  readonly embedIn?: readonly string[];
  /** Emits whether the source is paused; viewers see "paused". @defaultValue never paused */
  readonly paused?: Observable<boolean>;
  /**
   * The events of a room by its name, for a page at `/r/NAME` each: `(room) => roomEvents(nc, room)`. A room is subscribed
   * while it has viewers. @defaultValue only the page of the events
   */
  readonly rooms?: (room: string) => Observable<TranscriptionEvent>;
  /** Called when the events end with an error. Viewers see "interrupted", not why. @defaultValue ignored */
  readonly onError?: (error: unknown) => void;
}

/** Fixed, so that the URL stays the same. */
export const DEFAULT_PORT = 4747;

const SECRET: OptionRule = {
  accepts: (value) => typeof value === 'string' && /^[\w-]{22,128}$/.test(value),
  expected: '22 to 128 letters, digits, - and _',
  hidden: true,
};

/** Most pages that may embed the captions; browsers limit the length of headers. */
const MAX_ORIGINS = 20;

const ORIGINS: OptionRule = {
  accepts: (value) => Array.isArray(value) && value.length <= MAX_ORIGINS && value.every(isWebOrigin),
  expected: `a list of at most ${MAX_ORIGINS} origins such as "https://example.com"`,
};

const RULES: OptionRules = {
  port: integer(0, 65_535),
  host: text(255),
  secret: SECRET,
  speakerNames: { accepts: areSpeakerNames, expected: SPEAKER_NAMES },
  embedIn: ORIGINS,
  paused: { accepts: (value) => typeof Object(value)['subscribe'] === 'function', expected: 'an Observable' },
  rooms: { accepts: (value) => typeof value === 'function', expected: 'a function' },
  onError: { accepts: (value) => typeof value === 'function', expected: 'a function' },
} satisfies Record<keyof CaptionsServerOptions, OptionRule>;

/** Options with their defaults filled in. */
export interface ResolvedOptions {
  readonly port: number;
  readonly host: string | undefined;
  readonly secret: string | undefined;
  readonly speakerNames: SpeakerNames;
  readonly embedIn: readonly string[];
  readonly paused: Observable<boolean>;
  readonly rooms: CaptionsServerOptions['rooms'];
  readonly onError: (error: unknown) => void;
}

/** Validates the options and fills in defaults. */
export function resolveOptions(options: CaptionsServerOptions): ResolvedOptions {
  checkOptionRules(options, RULES);
  const { host } = options;
  return {
    port: options.port ?? DEFAULT_PORT,
    host,
    secret: options.secret ?? (host === undefined ? undefined : newSecret()),
    speakerNames: { ...options.speakerNames },
    embedIn: [...(options.embedIn ?? [])],
    paused: options.paused ?? NEVER,
    rooms: options.rooms,
    onError: options.onError ?? (() => undefined),
  };
}

/** Returns 128 random bits for a URL. */
export function newSecret(): string {
  return randomBytes(16).toString('base64url');
}

/** Whether a value is the origin of a website, exactly as browsers write it. */
function isWebOrigin(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\//.test(value)) return false;
  return URL.canParse(value) && new URL(value).origin === value;
}
