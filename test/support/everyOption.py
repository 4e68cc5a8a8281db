"""Runs every option of the official Python streaming client against the local service."""
import sys
import wave

from assemblyai.streaming import v3

host, key, recording = sys.argv[1:4]
with wave.open(recording) as wav:
    rate, pcm = wav.getframerate(), wav.readframes(wav.getnframes())
chunks = [pcm[at : at + 3200] for at in range(0, len(pcm), 3200)]

PRO = v3.SpeechModel.universal_3_5_pro
US = v3.SpeechModel.universal_streaming_english
near = v3.NoiseSuppressionModel.near_field
CASES = {
    "nothing": {},
    **{f"model {model}": {"speech_model": model} for model in v3.SpeechModel},
    **{f"mode {mode}": {"mode": mode} for mode in v3.StreamingMode},
    "US silences": dict(speech_model=US, end_of_turn_confidence_threshold=0.5, min_turn_silence=200, max_turn_silence=900),
    "old silence": dict(min_end_of_turn_silence_when_confident=200),
    **{f"format_turns {on}": dict(speech_model=US, format_turns=on) for on in (True, False)},
    "vad": dict(vad_threshold=0.3),
    "keyterms": dict(keyterms_prompt=["rxscribe", "a b, c"]),
    "prompt": dict(prompt="A call.", agent_context="Hello."),
    "partials": dict(interruption_delay=100, continuous_partials=False, include_partial_turns=True, turn_left_pad_ms=50),
    "languages": dict(language_codes=["en", "es"], language_detection=True),
    "multi": dict(language_codes=["multi"]),
    "language": dict(language_code="en"),
    "domain": dict(domain="medical-v1"),
    "speakers": dict(speaker_labels=True, max_speakers=2),
    "voice focus": dict(voice_focus=near, voice_focus_threshold=0.5),
    "noise suppression": dict(noise_suppression_model=near, noise_suppression_threshold=0.5),
    "profanity": dict(filter_profanity=True),
    "pii": dict(redact_pii=True, redact_pii_policies=list(v3.StreamingPiiPolicy), redact_pii_sub="hash"),
    "gateway": dict(llm_gateway=dict(model="m", messages=[dict(role="user", content="Hi")], max_tokens=9)),
    "webhook": dict(webhook_url="https://a.example", webhook_auth_header_name="X", webhook_auth_header_value="y"),
    "rest": dict(session_heartbeat=True, inactivity_timeout=30, customer_support_audio_capture=True),
}
EXPECTED_REFUSALS = {"model u3-pro"}


def run(parameters, token=None):
    options = v3.RealTimeTranscriberOptions(api_host=host, api_key=key, token=token, connect_timeout=5)
    client = v3.RealTimeTranscriber(options)
    finals, errors, begins, ends = [], [], [], []
    client.on(v3.RealTimeEvents.Begin, lambda _, begin: begins.append(begin))
    client.on(v3.RealTimeEvents.Turn, lambda _, turn: turn.end_of_turn and turn.words and finals.append(turn.transcript))
    client.on(v3.RealTimeEvents.Error, lambda _, error: errors.append(str(error)))
    client.on(v3.RealTimeEvents.Termination, lambda _, end: ends.append(end))
    client.connect(v3.RealTimeParameters(**{"sample_rate": rate, "speech_model": PRO, **parameters}))
    client.stream(chunks)
    client.keep_alive()
    client.force_endpoint()
    if parameters.get("speech_model", PRO) == PRO:
        client.set_params(v3.RealTimeSessionParameters(
            min_turn_silence=200, max_turn_silence=900, keyterms_prompt=["x"], prompt="", agent_context="a",
            language_codes=["en"], filter_profanity=False, session_heartbeat=True, interruption_delay=0,
            turn_left_pad_ms=0, vad_threshold=0.2, format_turns=False, end_of_turn_confidence_threshold=0.4))
    client.disconnect(terminate=True)
    return begins, finals, errors, ends


failed = 0
for name, parameters in CASES.items():
    begins, finals, errors, ends = run(parameters)
    ok = len(begins) == len(ends) == 1 and not errors and len(finals) >= 7
    if name in EXPECTED_REFUSALS:
        ok = not begins and len(errors) == 1
    failed += not ok
    print("ok  " if ok else "FAIL", name, len(finals), errors, flush=True)
client = v3.RealTimeTranscriber(v3.RealTimeTranscriberOptions(api_host=host, api_key=key))
token = client.create_temporary_token(expires_in_seconds=60, max_session_duration_seconds=120)
begins, finals, errors, ends = run({}, token)
failed += not (begins and ends and not errors)
print("ok  " if begins and ends else "FAIL", "temporary token", errors)
print(f"{len(CASES) + 1} runs, {failed} failed")
sys.exit(failed > 0)
