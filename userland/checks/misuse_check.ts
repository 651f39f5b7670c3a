// misuse_check KIND: does what no program may do with free(); the allocator must stop it.
import { free, malloc } from "../lib/malloc";
import { printf } from "../lib/printf";
import "../lib/start";

export function main(argc: i32, argv: Arr<string>): i32 {
  if (argc != 2) return 2;
  const kind = argv[1];
  const block = malloc(kind == "large" ? 10000 : 40);
  if (kind == "twice" || kind == "large") {
    free(block);
    free(block);
  } else if (kind == "inside") free(block + 16);
  else if (kind == "stack") free(alloca(16));
  printf("not stopped\n");
  return 0;
}
