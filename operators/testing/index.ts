export {
  audioGap,
  begin,
  controlReceived,
  heartbeat,
  llmGatewayResponse,
  reconnecting,
  resumed,
  silence,
  speakerRevision,
  speechStarted,
  stats,
  suspended,
  termination,
  warning,
} from './events.ts';
export type { Fields } from './events.ts';
export { turn } from './turn.ts';
export type { TurnOptions } from './turn.ts';
