import { followEvents } from './eventStream.ts';
import { parseStyle } from './pageStyle.ts';
import { playSample } from './sample.ts';
import { Screen } from './screen.ts';
import { EMPTY_VIEW, applyUpdate } from './viewState.ts';
import type { ViewState } from './viewState.ts';

const parameters = new URLSearchParams(location.search);
const screen = new Screen(parseStyle(parameters));

// the setup page sends the style to its preview
window.addEventListener('message', ({ origin, source, data }: MessageEvent<unknown>) => {
  if (origin !== location.origin || source !== window.parent || typeof data !== 'string') return;
  screen.applyStyle(parseStyle(new URLSearchParams(data)));
});

if (parameters.get('sample') === 'on') {
  playSample((view) => screen.show(view));
} else {
  let view: ViewState = EMPTY_VIEW;
  followEvents(
    './events',
    (update) => {
      view = applyUpdate(view, update);
      screen.show(view, update.replacesAll, update.quietMs);
    },
    () => screen.showDisconnected(),
  );
}
