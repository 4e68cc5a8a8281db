import { describe, expect, it } from '@jest/globals';
import type { InputDevice } from '../../../../src/audio/recorder.ts';
import { canOpen } from '../../../../src/cli/checks/inputDevices.ts';
import { table } from '../../../../src/cli/commands/listDevices.ts';
import { rxscribe } from '../../../support/cli.ts';

describe('rxscribe devices', () => {
  it('prints the devices as JSON, or one line about why it cannot', async () => {
    const { code, stdout, stderr } = await rxscribe(['devices', '--json']);

    const listed = code === 0 && Array.isArray(JSON.parse(stdout));
    expect(stderr).not.toMatch(/^ALSA|jack server/im); // of native code, which runs in a child process
    const explained = code === 1 && stdout === '' && /^rxscribe: .*(addon|microphone)/m.test(stderr);
    expect(listed || explained).toBe(true);
  });

  it('hides what cannot be opened, unless --all is given', async () => {
    const [shown, all] = await Promise.all(
      [[], ['--all']].map(async (more) => {
        const { code, stdout } = await rxscribe(['devices', '--json', ...more]);
        return code === 0 ? (JSON.parse(stdout) as InputDevice[]) : [];
      }),
    );
    expect(shown).toEqual(all!.filter(canOpen));
  });
});

describe('canOpen', () => {
  const device = {
    index: 0,
    id: 'alsa:a',
    name: 'a',
    maxInputChannels: 2,
    defaultSampleRate: 44_100,
    isDefault: false,
  };

  it.each([
    ['a device with channels', {}, true],
    ['a device without channels', { maxInputChannels: 0 }, false],
    ['the null device of ALSA', { id: 'alsa:null' }, false],
  ])('knows %s', (_, fields, expected) => {
    expect(canOpen({ ...device, ...fields })).toBe(expected);
  });
});

describe('table', () => {
  const device = { index: 0, id: 'alsa:a', maxInputChannels: 2, defaultSampleRate: 44_100, isDefault: false };

  it('aligns its columns and marks the default', () => {
    const devices = [
      { ...device, name: 'Built-in' },
      { ...device, index: 10, name: 'マイク\u001b[2J', id: 'alsa:b', maxInputChannels: 1, isDefault: true },
      { ...device, index: 11, name: 'HDMI', id: 'alsa:c', maxInputChannels: 0 },
    ];

    expect(table(devices)).toBe(
      [
        '    #  name      channels      rate  id',
        '    0  Built-in         2  44100 Hz  alsa:a',
        '*  10  マイク           1  44100 Hz  alsa:b',
        '   11  HDMI             -   not now  alsa:c',
        '',
      ].join('\n'),
    );
  });

  it('is empty without devices', () => {
    expect(table([])).toBe('');
  });
});
