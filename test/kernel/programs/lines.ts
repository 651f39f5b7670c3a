// Prints what each read of standard input gives, in angle brackets; ends with status 5 when one gives nothing.
import { read, say, write } from "./linux";

export function main(): i32 {
  const buffer = alloca(200);
  say("ready\n");
  for (;;) {
    const n = read(0, buffer, 200);
    if (n < 0) say("error\n");
    if (n == 0) {
      say("end\n");
      return 5;
    }
    say("<");
    write(1, buffer, n);
    say(">\n");
  }
}
