import { pythonJsonError } from './pythonJsonError.ts';

/** A text message of a client. */
export type ControlMessage =
  | { readonly type: 'UpdateConfiguration'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly type: 'ForceEndpoint' | 'KeepAlive' | 'Terminate' }
  | { readonly type: 'invalid'; readonly error: string };

/** Parses a text message. `received` is the parsed JSON, or the text if it is not JSON. */
export function parseControlMessage(text: string): { readonly received: unknown; readonly control: ControlMessage } {
  let received: unknown;
  try {
    received = JSON.parse(text);
  } catch (error) {
    return { received: text, control: invalid(`Invalid JSON: ${pythonJsonError(text, error)}`) };
  }
  return { received, control: classify(received) };
}

function classify(message: unknown): ControlMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return invalid('Invalid Message: expected an object');
  }
  const { type, ...fields }: { type?: unknown } & Record<string, unknown> = { ...message };
  switch (type) {
    case 'UpdateConfiguration':
      return { type, fields };
    case 'ForceEndpoint':
    case 'KeepAlive':
    case 'Terminate':
      return { type };
    default:
      return invalid(`Invalid Message Type: ${String(type)}`);
  }
}

function invalid(error: string): ControlMessage {
  return { type: 'invalid', error: `User Input Validation Error: ${error}` };
}
