import type { StreamingTranscriber, StreamingUpdateConfiguration } from 'assemblyai/streaming';
import type { ControlMessage } from '../../operators/events.ts';
import { TranscriptionError } from '../errors.ts';
import type { Credential } from './credential.ts';
import type { Socket } from './link.ts';
import type { SessionSettings } from './options.ts';

/** The constructor of the SDK's transcriber. */
export type Transcriber = typeof StreamingTranscriber;

/** What is used of the SDK. */
export interface Sdk {
  readonly StreamingTranscriber: Transcriber;
}

/** Loads the SDK, when it is needed first. A page fetches it then, which can fail as reaching the service can. */
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

/** Browsers say `TypeError`, and webpack gives it a name of its own; in Node, where nothing is fetched, it is neither. */
function isNotFetched(error: Error): boolean {
  return error instanceof TypeError || error.name === 'ChunkLoadError';
}

/** Makes a transcriber that asks for all that was asked for: the SDK leaves options with falsy values out of the URL. */
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

/** The socket of a transcriber that was told to connect. */
export function socketOf(transcriber: StreamingTranscriber): Socket | undefined {
  return (transcriber as unknown as { socket?: Socket }).socket;
}

/** Sends one message, audio or control. */
export function send(transcriber: StreamingTranscriber, item: Uint8Array | ControlMessage): void {
  if (ArrayBuffer.isView(item))
    transcriber.sendAudio(item as unknown as ArrayBuffer); // its type is too narrow
  else if (item.type === 'ForceEndpoint') transcriber.forceEndpoint();
  else if (item.type === 'KeepAlive') transcriber.keepAlive();
  else transcriber.updateConfiguration(upToDate(item));
}

/** A deprecated spelling brought up to date: the SDK would do so too, and write about it to the console. */
function upToDate(update: StreamingUpdateConfiguration): StreamingUpdateConfiguration {
  // oxlint-disable typescript/no-deprecated -- it is what this function is for
  const { min_end_of_turn_silence_when_confident: old, ...rest } = update;
  return old === undefined ? rest : { min_turn_silence: old, ...rest };
}
