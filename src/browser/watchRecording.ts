/** The browser's objects behind a recording: decibri 5.7 keeps them but listens to none of their events. */
export interface Recording {
  readonly context: AudioContext | undefined;
  readonly track: MediaStreamTrack | undefined;
  /** Whether it records the default device, and should switch when another one becomes the default. */
  readonly isDefault: boolean;
}

/**
 * Watches a recording for what ends or silences it without an error: its track ends (unplugged, permission revoked), the
 * browser suspends its audio (a phone call, a tab put to sleep), or another device becomes the default.
 *
 * A muted track is not lost: it delivers silence at the usual pace.
 *
 * @param onLost Called once, with the first cause.
 * @returns A function that stops watching.
 */
export function watchRecording(
  { context, track, isDefault }: Recording,
  onLost: (error: DOMException) => void,
): () => void {
  const watching = new AbortController();
  const lose = (name: string, message: string): void => {
    if (watching.signal.aborted) return;
    watching.abort();
    onLost(new DOMException(message, name));
  };
  const options = { signal: watching.signal };
  const onEnded = (): void => lose('NotReadableError', 'the browser ended the recording');
  const onStateChange = (): void => {
    if (context?.state !== 'running') lose('InvalidStateError', 'the browser suspended the audio of the page');
  };
  if (track?.readyState === 'ended') onEnded();
  track?.addEventListener('ended', onEnded, options);
  context?.addEventListener('statechange', onStateChange, options);
  if (isDefault) {
    const first = defaultMicrophone();
    const compare = async (): Promise<void> => {
      const [before, now] = await Promise.all([first, defaultMicrophone()]);
      if (before !== undefined && now !== undefined && before !== now) {
        lose('AbortError', 'another microphone became the default one');
      }
    };
    navigator.mediaDevices.addEventListener('devicechange', () => void compare(), options);
  }
  return () => watching.abort();
}

/** Identifies the default device: Chromium lists it separately as `default`, other browsers list it first. */
async function defaultMicrophone(): Promise<string | undefined> {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const inputs = devices.filter(({ kind }) => kind === 'audioinput');
    const found = inputs.find(({ deviceId }) => deviceId === 'default') ?? inputs[0];
    return found && [found.deviceId, found.groupId, found.label].join(' ');
  } catch {
    return undefined; // the page may not list devices
  }
}
