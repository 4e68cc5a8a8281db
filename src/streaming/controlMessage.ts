import type { ControlMessage } from '../../operators/events.ts';
import { isRecord } from '../optionRules.ts';

const TYPES: ReadonlySet<unknown> = new Set(['ForceEndpoint', 'UpdateConfiguration', 'KeepAlive']);
/** Longest message that is sent, in characters of JSON: the service closes a connection over 128 KB. */
const LONGEST = 100_000;

/** A copy of a control message as it will be sent, or one line about why it cannot be sent. It does not throw. */
export function readControlMessage(value: unknown): ControlMessage | string {
  try {
    if (!isRecord(value) || !TYPES.has(value['type']))
      return 'control emitted something else than a control message; ignored';
    const json = JSON.stringify(value);
    if (json.length <= LONGEST) return JSON.parse(json) as ControlMessage;
    return `control emitted a message of ${json.length} characters, ${LONGEST} at most; ignored`;
  } catch {
    return 'control emitted a message that JSON cannot represent (a cycle or a BigInt?); ignored';
  }
}
