/** What the browser has of a recording: decibri 5.7 keeps it, and listens to none of it. */
export interface Recording {
  readonly context: AudioContext | undefined;
  readonly track: MediaStreamTrack | undefined;
  /** Whether the default device was asked for, so that another one is to be taken when that changes. */
  readonly isDefault: boolean;
}

/**
 * Watches a recording for what ends it or silences it without a word: its track ends (unplugged, permission revoked), the
 * browser suspends its audio (a call on a phone, a tab put to sleep), or another device becomes the default one.
 *
 * A track that is muted stays: its silence comes as audio, in time.
 *
 * @param lost Called with the first that happens.
 * @returns How to stop watching.
 */
export function watch({ context, track, isDefault }: Recording, lost: (error: DOMException) => void): () => void {
  const over = new AbortController();
  const lose = (name: string, message: string): void => {
    if (over.signal.aborted) return;
    over.abort();
    lost(new DOMException(message, name));
  };
  const when = { signal: over.signal };
  const ended = (): void => lose('NotReadableError', 'the browser ended the recording');
  const changed = (): void => {
    if (context?.state !== 'running') lose('InvalidStateError', 'the browser suspended the audio of the page');
  };
  if (track?.readyState === 'ended') ended();
  track?.addEventListener('ended', ended, when);
  context?.addEventListener('statechange', changed, when);
  if (isDefault) {
    const known = defaultMicrophone();
    const compare = async (): Promise<void> => {
      const [before, now] = await Promise.all([known, defaultMicrophone()]);
      if (before !== undefined && now !== undefined && before !== now) {
        lose('AbortError', 'another microphone became the default one');
      }
    };
    navigator.mediaDevices.addEventListener('devicechange', () => void compare(), when);
  }
  return () => over.abort();
}

/** Which device is the default one: it has an entry of its own in Chromium, and is the first of its kind elsewhere. */
async function defaultMicrophone(): Promise<string | undefined> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const inputs = devices.filter(({ kind }) => kind === 'audioinput');
    const found = inputs.find(({ deviceId }) => deviceId === 'default') ?? inputs[0];
    return found && [found.deviceId, found.groupId, found.label].join(' ');
  } catch {
    return undefined; // the page may not ask, so it can not tell either
  }
}
