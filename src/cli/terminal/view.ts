/** The text of a partial: the words that are settled, then those that may still change. Concatenated they are the text. */
export interface PartialText {
  readonly settled: string;
  readonly open: string;
}

/** The line below everything. */
export interface StatusLine {
  readonly state: 'live' | 'waiting' | 'offline';
  readonly text: string;
}

/** Where a running command writes. */
export interface View {
  /** Whether lines are rewritten in place, for a person. */
  readonly live: boolean;
  /** Writes one line to stdout. */
  line(text: string): void;
  /** Writes one line to stdout, wrapped at spaces if the view is live. */
  paragraph(text: string): void;
  /** Writes one line to stderr. */
  note(text: string): void;
  /** Shows the text of a partial until the next call, or until `line`. */
  partial(text: PartialText): void;
  /** Erases the rewritten lines until they are drawn again. */
  clear(): void;
  /** Restores the terminal. */
  end(): void;
}
