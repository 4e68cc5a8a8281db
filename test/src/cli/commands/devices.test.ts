import { describe, expect, it } from '@jest/globals';
import { table } from '../../../../src/cli/commands/listDevices.ts';
import { rxscribe } from '../../../support/cli.ts';

describe('rxscribe devices', () => {
  it('prints the devices as JSON, or one line about why it cannot', async () => {
    const { code, stdout, stderr } = await rxscribe(['devices', '--json']);

    const listed = code === 0 && Array.isArray(JSON.parse(stdout));
    const explained = code === 1 && stdout === '' && /^rxscribe: .*(addon|microphone)/m.test(stderr);
    expect(listed || explained).toBe(true);
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
