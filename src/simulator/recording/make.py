#!/usr/bin/env python3
"""Makes demo.wav and demo.json: a short conversation spoken by eSpeak NG, with the time of every word.

Needs python3, libespeak-ng.so.1 and ffmpeg. Run it in this folder: python3 make.py
"""
import array
import ctypes
import json
import random
import subprocess
import wave

RATE = 16000
PAUSE_MS = 850  # between turns: long enough for every model family to end one
NOISE = 3  # the largest value of the noise laid under everything, so that no two places of the recording are alike

# speaker, voice, words; 'written|spoken' where the two differ
TURNS = [
    ('A', 'en-us', 'Welcome to rxscribe.|R-X-scribe.'),
    ('A', 'en-us', 'Your microphone becomes text, word by word, while you speak.'),
    ('B', 'en-gb', 'Does it keep up when the network drops?'),
    ('A', 'en-us', 'Yes, yes, it remembers what was said, and says it again.'),
    ('B', 'en-gb', 'And when nobody says anything?'),
    ('A', 'en-us', 'Then it waits, and carries on when you do.'),
    ('A', 'en-us', 'Compose it, test it, make it yours.'),
]


class Event(ctypes.Structure):
    _fields_ = [('type', ctypes.c_int), ('identifier', ctypes.c_uint), ('text_position', ctypes.c_int),
                ('length', ctypes.c_int), ('audio_position', ctypes.c_int), ('sample', ctypes.c_int),
                ('user_data', ctypes.c_void_p), ('id', ctypes.c_char * 8)]


CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
WORD, LIST_END, SYNCHRONOUS, UTF8 = 1, 0, 2, 1


def speak(espeak, voice, text):
    """The samples of one sentence, and where in the text and when (ms) each spoken word begins."""
    samples, words = array.array('h'), []

    @CALLBACK
    def collect(wav, count, events):
        if wav and count > 0:
            samples.extend(wav[:count])
        index = 0
        while events[index].type != LIST_END:
            if events[index].type == WORD:
                words.append((events[index].text_position - 1, events[index].audio_position))
            index += 1
        return 0

    espeak.espeak_SetSynthCallback(collect)
    espeak.espeak_SetVoiceByName(voice.encode())
    data = text.encode()
    espeak.espeak_Synth(data, len(data) + 1, 0, 0, 0, UTF8, None, None)
    espeak.espeak_Synchronize()
    return samples, words


def resample(samples, rate):
    command = ['ffmpeg', '-loglevel', 'error', '-f', 's16le', '-ar', str(rate), '-ac', '1', '-i', '-',
               '-af', 'volume=-3dB', '-f', 's16le', '-ar', str(RATE), '-']
    return array.array('h', subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout)


def trim(samples):
    """Cuts the silence after the last sound."""
    end = len(samples)
    while end > 0 and abs(samples[end - 1]) < 60:
        end -= 1
    return samples[:end]


def timed_words(line, events, begin_ms, sound, speaker):
    """One entry per written word; a word spoken as several begins with the first of them."""
    per_ms = RATE // 1000
    starts, position = [], 0
    for token in line.split(' '):
        spoken = token.split('|')[-1]
        starts.append((token.split('|')[0], next(ms for at, ms in events if at == position)))
        position += len(spoken) + 1
    limits = [start for _, start in starts[1:]] + [len(sound) // per_ms]
    ends = [len(trim(sound[:limit * per_ms])) // per_ms for limit in limits]
    return [{'text': text, 'start': begin_ms + start, 'end': begin_ms + end, 'speaker': speaker}
            for (text, start), end in zip(starts, ends)]


def main():
    espeak = ctypes.CDLL('libespeak-ng.so.1')
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, None, 0)
    espeak.espeak_SetParameter(1, 165, 0)  # words per minute
    pause = array.array('h', bytes(2 * RATE * PAUSE_MS // 1000))
    pcm, words = array.array('h', pause[: RATE // 2]), []
    for speaker, voice, line in TURNS:
        spoken = ' '.join(token.split('|')[-1] for token in line.split(' '))
        samples, events = speak(espeak, voice, spoken)
        sound = trim(resample(samples, rate))
        begin_ms = len(pcm) * 1000 // RATE
        words += timed_words(line, events, begin_ms, sound, speaker)
        pcm += sound + pause
        pcm = pcm[: len(pcm) // 16 * 16]  # whole milliseconds
    noise = random.Random(1)
    pcm = array.array('h', [max(-32768, min(32767, value + noise.randint(-NOISE, NOISE))) for value in pcm])
    with wave.open('demo.wav', 'wb') as out:
        out.setparams((1, 2, RATE, len(pcm), 'NONE', ''))
        out.writeframes(pcm.tobytes())
    rows = ',\n'.join('    ' + json.dumps(word) for word in words)
    with open('demo.json', 'w', encoding='utf8') as out:
        out.write('{\n  "words": [\n' + rows + '\n  ]\n}\n')


main()
