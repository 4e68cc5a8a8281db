/** A text message of a client, read. */
export type Control =
  | { readonly type: 'UpdateConfiguration'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly type: 'ForceEndpoint' | 'KeepAlive' | 'Terminate' }
  | { readonly type: 'invalid'; readonly complaint: string };

/** Parses a text message; `message` is what was sent, as text where it is not JSON. */
export function readControl(text: string): { readonly message: unknown; readonly control: Control } {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return { message: text, control: invalid(`Invalid JSON: ${String(error)}`) };
  }
  return { message, control: understand(message) };
}

function understand(message: unknown): Control {
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

function invalid(complaint: string): Control {
  return { type: 'invalid', complaint: `User Input Validation Error: ${complaint}` };
}
