export {
  audioGap,
  begin,
  controlReceived,
  heartbeat,
  llmGatewayResponse,
  reconnecting,
  silence,
  speakerRevision,
  speechStarted,
  stats,
  termination,
  warning,
} from './events.ts';
export type { Fields } from './events.ts';
export { turn } from './turn.ts';
export type { TurnOptions } from './turn.ts';
