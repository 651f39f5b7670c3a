// Two processes that never give the processor up by themselves: each must get its turns. Prints `both ran`.
import { exit, fork, MAP_SHARED, mmap, PROT_READ, PROT_WRITE, say, wait } from "./linux";

export function main(): i32 {
  const shared = mmap(0x20000000, 4096, PROT_READ | PROT_WRITE, MAP_SHARED);
  if (fork() == 0) {
    for (let i: u32 = 0; load<u32>(shared) == 0; i++) store<u32>(shared, i, 4);
    exit(0);
  }
  while (load<u32>(shared, 4) < 100000) {}
  store<u32>(shared, 1);
  wait();
  say("both ran\n");
  return 0;
}
