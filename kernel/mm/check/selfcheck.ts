// The kernel's checks of itself (command line word `selfcheck`). Each must leave as many free frames as it found.
import { panic } from "../../lib/panic";
import { pr_warn } from "../../lib/printk";
import { kmalloc_shrink } from "../kmalloc";
import { nr_free_pages } from "../pmm";
import { check_kmalloc } from "./check_kmalloc";
import { check_pgfault } from "./check_pgfault";
import { check_pmm } from "./check_pmm";
import { check_mmap, check_vma } from "./check_vma";

export function check(condition: bool, what: string): void {
  if (!condition) panic("selfcheck: %s", what);
}

function run(name: string, body: () => void): void {
  kmalloc_shrink();
  const before = nr_free_pages();
  body();
  kmalloc_shrink();
  const after = nr_free_pages();
  if (before != after) panic("selfcheck: %s had %u free frames and left %u", name, before, after);
  pr_warn("%s() succeeded!\n", name);
}

export function selfcheck(): void {
  run("check_pmm", check_pmm);
  run("check_kmalloc", check_kmalloc);
  run("check_vma_struct", check_vma);
  run("check_mmap", check_mmap);
  run("check_pgfault", check_pgfault);
  pr_warn("check_vmm() succeeded!\n");
}
