import { randomBytes } from 'node:crypto';
import { checkOptionRules, text, integer } from '../optionRules.ts';
import type { OptionRule, OptionRules } from '../optionRules.ts';

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
  /** Called when the events end with an error. Viewers see that the captions ended, not why. @defaultValue ignored */
  readonly onError?: (error: unknown) => void;
}

/** Fixed, so that the URL stays the same. */
export const DEFAULT_PORT = 4747;

const SECRET: OptionRule = {
  accepts: (value) => typeof value === 'string' && /^[\w-]{22,128}$/.test(value),
  expected: '22 to 128 letters, digits, - and _',
  hidden: true,
};

const RULES: OptionRules = {
  port: integer(0, 65_535),
  host: text(255),
  secret: SECRET,
  onError: { accepts: (value) => typeof value === 'function', expected: 'a function' },
} satisfies Record<keyof CaptionsServerOptions, OptionRule>;

/** Options with their defaults filled in. */
export interface ResolvedOptions {
  readonly port: number;
  readonly host: string | undefined;
  readonly secret: string | undefined;
  readonly onError: (error: unknown) => void;
}

/** Validates the options and fills in defaults. */
export function resolveOptions(options: CaptionsServerOptions): ResolvedOptions {
  checkOptionRules(options, RULES);
  const { port = DEFAULT_PORT, host, secret, onError = () => undefined } = options;
  return { port, host, secret: secret ?? (host === undefined ? undefined : newSecret()), onError };
}

function newSecret(): string {
  return randomBytes(16).toString('base64url');
}
