// uname [-asnrvm]: what the kernel says about itself.
import { int80_1 } from "~lib/cpu";
import { Char } from "../lib/ctype";
import { complain, helped, misused } from "../lib/err";
import { syscall_result } from "../lib/errno";
import { fputs, putchar, stdout } from "../lib/stdio";
import "../lib/start";
import { at, strchr } from "../lib/string";
import { Sys } from "../lib/syscall";

/** struct new_utsname: six fields of 65 bytes; the sixth, the domain, is not shown. */
const FIELD_SIZE: u32 = 65;
const names = memory.data(6 * 65, 4);
/** Letters in the order the fields have in the structure. */
const letters = "snrvm";
const FIELDS: u32 = 5;

const help =
  "Usage: uname [-asnrvm]\n-s kernel (the default)  -n host  -r release  -v version  -m machine  -a all of them\n";

/** Bit mask of the fields that the options name, or -1 for a bad one. */
function parse(argc: i32, argv: Arr<string>): i32 {
  let fields = 0;
  for (let i = 1; i < argc; i++) {
    if (at(argv[i], 0) != Char.MINUS || at(argv[i], 1) == 0) return -1;
    for (let k: u32 = 1; at(argv[i], k) != 0; k++) {
      const letter = at(argv[i], k);
      const found = strchr(letters, letter);
      if (letter == Char.LOWER_A) fields |= 31;
      else if (found) fields |= 1 << (addr(found) - addr(letters));
      else return -1;
    }
  }
  return fields == 0 ? 1 : fields;
}

export function main(argc: i32, argv: Arr<string>): i32 {
  if (helped(argc, argv, help)) return 0;
  const fields = parse(argc, argv);
  if (fields < 0) return misused("bad option ", argv[1]);
  if (syscall_result(int80_1(Sys.UNAME, names)) < 0) return complain("uname");
  let first = true;
  for (let i: u32 = 0; i < FIELDS; i++) {
    if ((fields & (1 << i)) == 0) continue;
    if (!first) putchar(Char.SPACE);
    first = false;
    fputs(changetype<string>(names + i * FIELD_SIZE), stdout);
  }
  putchar(Char.NEWLINE);
  return 0;
}
