import { listenTo } from './link.ts';
import { lookOf } from './look.ts';
import { playSample } from './sample.ts';
import { Screen } from './screen.ts';
import { NOTHING, merged } from './wire.ts';
import type { Shown } from './wire.ts';

const parameters = new URLSearchParams(location.search);
const screen = new Screen(lookOf(parameters));

// the page beside which it stands in a frame chooses its look
window.addEventListener('message', ({ origin, source, data }: MessageEvent<unknown>) => {
  if (origin !== location.origin || source !== window.parent || typeof data !== 'string') return;
  screen.dress(lookOf(new URLSearchParams(data)));
});

if (parameters.get('sample') === 'on') {
  playSample((shown) => screen.show(shown));
} else {
  let shown: Shown = NOTHING;
  listenTo(
    './events',
    (update) => {
      shown = merged(shown, update);
      screen.show(shown, update.fresh);
    },
    () => screen.lose(),
  );
}
