import type { StreamingTranscriber } from 'assemblyai/streaming';
import type { ControlMessage, UpdateConfiguration } from '../../operators/events.ts';
import { TranscriptionError } from '../errors.ts';
import type { Credential } from './credential.ts';
import type { Socket } from './link.ts';
import type { SessionSettings } from './settings.ts';

/** The constructor of the SDK's transcriber. */
export type Transcriber = typeof StreamingTranscriber;

/** The part of the SDK that is used. */
export interface Sdk {
  readonly StreamingTranscriber: Transcriber;
}

/** Loads the SDK on first use. A page fetches it over the network, so this can fail like a connection. */
export async function loadSdk(load: () => Promise<Sdk> = loadOnce): Promise<Transcriber> {
  try {
    const { StreamingTranscriber } = await load();
    return StreamingTranscriber;
  } catch (cause) {
    if (!(cause instanceof Error) || !isNotFetched(cause)) throw cause;
    throw new TranscriptionError('network', `the SDK did not load: ${cause.message}`, { retryable: true, cause });
  }
}

function loadOnce(): Promise<Sdk> {
  return import('./sdk.ts');
}

/** A failed fetch of a module is a `TypeError` in browsers and a `ChunkLoadError` in webpack; Node fetches nothing. */
function isNotFetched(error: Error): boolean {
  return error instanceof TypeError || error.name === 'ChunkLoadError';
}

/** Creates a transcriber that sends every option: the SDK leaves options with falsy values out of the URL. */
export function newTranscriber(
  Transcriber: Transcriber,
  { params, extraQuery }: SessionSettings,
  credential: Credential,
): StreamingTranscriber {
  const transcriber = new Transcriber({ ...params, ...credential });
  const internals = transcriber as unknown as { connectionUrl(): URL };
  const connectionUrl = internals.connectionUrl.bind(transcriber);
  internals.connectionUrl = () => {
    const url = connectionUrl();
    for (const [name, value] of Object.entries(extraQuery)) url.searchParams.set(name, value);
    return url;
  };
  return transcriber;
}

/** The socket of a transcriber that is connecting or connected. */
export function socketOf(transcriber: StreamingTranscriber): Socket | undefined {
  return (transcriber as unknown as { socket?: Socket }).socket;
}

/** Sends one message, audio or control. */
export function send(transcriber: StreamingTranscriber, item: Uint8Array | ControlMessage): void {
  if (ArrayBuffer.isView(item))
    transcriber.sendAudio(item as unknown as ArrayBuffer); // the SDK's type is too narrow
  else if (item.type === 'ForceEndpoint') transcriber.forceEndpoint();
  else if (item.type === 'KeepAlive') transcriber.keepAlive();
  else transcriber.updateConfiguration(upToDate(item));
}

/** Replaces a deprecated field; the SDK would do so too, but write a warning to the console. */
function upToDate(update: UpdateConfiguration): object {
  // oxlint-disable typescript/no-deprecated -- replacing the deprecated field is the purpose
  const { min_end_of_turn_silence_when_confident: old, ...rest } = update;
  return old === undefined ? rest : { min_turn_silence: old, ...rest };
}
