/**
 * What yargs prints for `rxscribe --help`, on 80 columns and more, written down: to load yargs and to let it wrap lines takes longer
 * than Node takes to start (table `startup` of test/bench/RESULTS.md). A test compares; `rxscribe --help --help` asks yargs.
 */
export const HELP: string = `rxscribe [command]

Live transcription: finals go to stdout, everything else to stderr.

Commands:
  rxscribe listen       Transcribe the microphone until Ctrl-C; rxscribe alone
                        does the same
  rxscribe file <path>  Transcribe a recording: WAV, AIFF or FLAC; - is raw PCM
                        on stdin, 16-bit mono at --sample-rate
  rxscribe devices      List the input devices
  rxscribe doctor       Check what transcribing needs, and say what to do
  rxscribe demo         Show the whole pipeline on the bundled recording; needs
                        no key, no network, no microphone
  rxscribe serve        Run the local service: the real protocol, which
                        recognises only recordings it knows

Options:
  -h, --help     Show help                                             [boolean]
  -V, --version  Show version number                                   [boolean]

Examples:
  rxscribe                           caption what you say
  rxscribe file talk.wav > talk.txt  a recording to text
  rxscribe demo                      see it work, without key and microphone
  rxscribe <command> --help          the options of a command, and more examples

The key comes from ASSEMBLYAI_API_KEY, every option also from RXSCRIBE_<OPTION>:
RXSCRIBE_SPEECH_MODEL for --speech-model. Both may stand in the environment or
in a file named .env.
`;

/** Whether that is all that was asked for, and fits. */
export function isPlainHelp(args: readonly string[], columns = 80): boolean {
  return args.length === 1 && ['--help', '-h', 'help'].includes(args[0] ?? '') && columns >= 80;
}
