// The page of zeroes that every first read of anonymous memory shares.
import { panic } from "../lib/panic";
import { Page } from "./page";
import { alloc_zeroed_page } from "./pmm";

let zeroes: Page = changetype<Page>(0);

export function zero_page_init(): void {
  const page = alloc_zeroed_page();
  if (page) zeroes = page;
  else panic("no memory for the zero page");
}

export function zero_page(): Page {
  return zeroes;
}
