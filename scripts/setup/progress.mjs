// Progress goes to stderr: stdout belongs to the program that set-up is for.

/** A reason to stop that the reader can act on; shown as its message alone. */
export class SetupError extends Error {}

export function say(text) {
  process.stderr.write(`faultline: ${text}\n`);
}

/**
 * Runs `work` between a line that says what is done and one that says how long it took. On a terminal a long step shows that time
 * passes.
 */
export async function step(what, work) {
  const started = process.hrtime.bigint();
  const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;
  say(`${what} ...`);
  const ticker = process.stderr.isTTY
    ? setInterval(() => process.stderr.write(`\rfaultline: ${what} ... ${seconds().toFixed(0)} s`), 1000)
    : undefined;
  try {
    const result = await work();
    clear(ticker);
    say(`${what}: done in ${seconds().toFixed(1)} s`);
    return result;
  } catch (error) {
    clear(ticker);
    throw error;
  }
}

function clear(ticker) {
  if (!ticker) return;
  clearInterval(ticker);
  process.stderr.write("\r\x1b[K");
}
