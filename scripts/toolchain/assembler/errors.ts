/** Where a line came from: the line a person wrote (macro expansions carry their outermost call). */
export interface Place {
  readonly file: string;
  readonly line: number;
  /** " (in macro NAME)" inside expansions, else "". */
  readonly context: string;
}

/** One mistake in the source. Caught per statement, so that all mistakes of a file are reported. */
export class AssemblyError extends Error {}

export function fail(message: string): never {
  throw new AssemblyError(message);
}

/** Collects messages as "file:line: error: text"; the same message is kept once. */
export class ErrorLog {
  private readonly reported = new Map<string, Place>();

  report(place: Place, message: string): void {
    const text = `${place.file}:${place.line}: error: ${message}${place.context}`;
    if (!this.reported.has(text)) this.reported.set(text, place);
  }

  /** All messages, in the order of the source. */
  get messages(): string[] {
    const files = [...new Set([...this.reported.values()].map((place) => place.file))];
    const entries = [...this.reported];
    entries.sort(([, a], [, b]) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line);
    return entries.map(([text]) => text);
  }

  /** Runs one statement's work; an AssemblyError is reported, anything else is a bug and passes through. */
  guard(place: Place, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof AssemblyError)) throw error;
      this.report(place, error.message);
    }
  }
}

/** The candidate nearest to `word` by edits (insert, delete, replace, swap), or null when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = word.length <= 3 ? 2 : 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      current[j] = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        current[j] = Math.min(current[j], before[j - 2] + 1);
      }
    }
    before = previous;
    previous = current;
  }
  return previous[b.length];
}
