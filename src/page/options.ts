import { randomBytes } from 'node:crypto';
import { checkOptionRules, text, integer } from '../optionRules.ts';
import type { OptionRule, OptionRules } from '../optionRules.ts';

/** Options of {@link captionsServer}. */
export interface CaptionsServerOptions {
  /** TCP port; 0 takes a free one. @defaultValue `4747` */
  readonly port?: number;
  /**
   * Address or name to listen on, for viewers on other machines: `0.0.0.0` is all addresses of this one. There is a secret
   * in the URL then. @defaultValue loopback alone, without a secret
   */
  readonly host?: string;
  /**
   * The secret, where the URL is to stay the same: at least 22 letters, digits, `-` and `_`. With it there is one on
   * loopback, too. @defaultValue 128 random bits, with `host`
   */
  readonly secret?: string;
  /** Called with the error that the events end with. Viewers are told that it ended, not why. */
  readonly onError?: (error: unknown) => void;
}

/** The port that is in the URL people keep. */
export const PORT = 4747;

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

/** Options with what they are where they are not given. */
export interface Settled {
  readonly port: number;
  readonly host: string | undefined;
  readonly secret: string | undefined;
  readonly onError: (error: unknown) => void;
}

/** Checks the options and fills in what is not given. */
export function settled(options: CaptionsServerOptions): Settled {
  checkOptionRules(options, RULES);
  const { port = PORT, host, secret, onError = () => undefined } = options;
  return { port, host, secret: secret ?? (host === undefined ? undefined : newSecret()), onError };
}

function newSecret(): string {
  return randomBytes(16).toString('base64url');
}
