// Vue: a composable that transcribes, and a component with it. <Captions :open="open" />
import { Subject } from 'rxjs';
import type { Subscription } from 'rxjs';
import { transcript } from 'rxscribe/operators';
import type { Transcript } from 'rxscribe/operators';
import { defineComponent, h, onScopeDispose, ref, shallowRef } from 'vue';
import type { PropType, Ref, ShallowRef } from 'vue';
import type { Open } from './open.ts';

interface Transcription {
  readonly state: ShallowRef<Transcript>;
  readonly running: Ref<boolean>;
  readonly error: ShallowRef<Error | undefined>;
  /** Starts a new transcription. */
  readonly start: () => void;
  /** Ends gracefully, with the last words. Unmounting ends it at once. */
  readonly stop: () => void;
}

export function useTranscription(open: Open): Transcription {
  const state = shallowRef<Transcript>({ turns: [], partial: undefined });
  const running = ref(false);
  const error = shallowRef<Error>();
  let stopping = new Subject<void>();
  let subscription: Subscription | undefined;
  onScopeDispose(() => subscription?.unsubscribe());

  const start = (): void => {
    subscription?.unsubscribe();
    state.value = { turns: [], partial: undefined };
    error.value = undefined;
    running.value = true;
    stopping = new Subject<void>();
    subscription = open(stopping)
      .pipe(transcript())
      .subscribe({
        next: (next) => (state.value = next),
        error: (reason: Error) => {
          error.value = reason;
          running.value = false;
        },
        complete: () => (running.value = false),
      });
  };
  return { state, running, error, start, stop: () => stopping.next() };
}

// As a single-file component: <p v-for="turn in state.turns" :key="turn.turn_order">{{ turn.transcript }}</p>, and so on.
export const Captions = defineComponent({
  props: { open: { type: Function as PropType<Open>, required: true } },
  setup({ open }) {
    const { state, running, error, start, stop } = useTranscription(open);
    return () =>
      h('section', [
        h('button', { onClick: running.value ? stop : start }, running.value ? 'Stop' : 'Start'),
        state.value.turns.map((turn) => h('p', { key: turn.turn_order }, turn.transcript)),
        state.value.partial && h('p', { key: 'partial', class: 'partial' }, state.value.partial.transcript),
        error.value && h('p', { role: 'alert' }, error.value.message),
      ]);
  },
});
