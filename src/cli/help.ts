/**
 * The output of yargs for `rxscribe --help` on 80 or more columns, stored because loading yargs takes longer than starting
 * Node (table `startup` of test/bench/RESULTS.md). A test compares it with `rxscribe --help --help`, which uses yargs.
 */
export const HELP: string = `rxscribe [command]

Live transcription: finals go to stdout, everything else to stderr.

Commands:
  rxscribe listen        Transcribe the microphone until Ctrl-C; rxscribe alone
                         does the same
  rxscribe file <path>   Transcribe a recording, a film or an address: anything
                         ffmpeg reads; - is stdin
  rxscribe resume <dir>  Continue an interrupted transcription in the folder of
                         --dir
  rxscribe devices       List the input devices
  rxscribe doctor        Check that everything transcription needs works
  rxscribe demo          Transcribe the bundled recording; needs no key, network
                         or microphone
  rxscribe models        List models for this device; models get NAME downloads
                         one
  rxscribe rooms         Transcribe many microphones on many machines, over NATS
  rxscribe serve         Run a local service with the real protocol; it
                         recognises only recordings it knows

Options:
  -h, --help     Show help                                             [boolean]
  -V, --version  Show version number                                   [boolean]

Examples:
  rxscribe                           caption what you say
  rxscribe file talk.wav > talk.txt  a recording to text
  rxscribe demo                      try it without a key or microphone
  rxscribe <command> --help          options and examples of a command

The key is read from ASSEMBLYAI_API_KEY. RXSCRIBE_<OPTION> sets an option:
RXSCRIBE_SPEECH_MODEL sets --speech-model. Both can be set in the environment or
in a file named .env.
`;

/** Whether only the general help is requested, on a terminal wide enough for it. */
export function isPlainHelp(args: readonly string[], columns = 80): boolean {
  return args.length === 1 && ['--help', '-h', 'help'].includes(args[0] ?? '') && columns >= 80;
}
