// messages_check ERRORS SIGNALS: prints the messages of that many error and signal numbers from 0 on, one a line.
import { printf } from "../lib/printf";
import { strsignal } from "../lib/strsignal";
import "../lib/start";
import { atoi } from "../lib/stdlib";
import { strerror } from "../lib/strerror";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (argc != 3) return 2;
  for (let code = 0; code < atoi(argv[1]); code++) printf("%s\n", strerror(code));
  for (let signal = 0; signal < atoi(argv[2]); signal++) printf("%s\n", strsignal(signal));
  return 0;
}
