import type { CpuHooks, ExceptionKind } from "../cpu/cpu.ts";

export type ExceptionListener = (vector: number, errorCode: number, hasErrorCode: boolean, kind: ExceptionKind) => void;

const listeners = new WeakMap<CpuHooks, Set<ExceptionListener>>();

/**
 * Calls `listener` for every exception and interrupt, beside any other listeners: the processor has one hook, the debugger several
 * readers. A hook that was there before goes on being called first. Returns how to stop.
 */
export function observeExceptions(hooks: CpuHooks, listener: ExceptionListener): () => void {
  let set = listeners.get(hooks);
  if (!set) {
    set = new Set();
    listeners.set(hooks, set);
    const all = set;
    const earlier = hooks.onException;
    hooks.onException = (vector, errorCode, hasErrorCode, kind) => {
      earlier?.(vector, errorCode, hasErrorCode, kind);
      for (const each of all) each(vector, errorCode, hasErrorCode, kind);
    };
    restore.set(hooks, earlier);
  }
  set.add(listener);
  const joined = set;
  return () => {
    joined.delete(listener);
    if (joined.size > 0 || listeners.get(hooks) !== joined) return;
    // The last one out leaves the processor as fast as it was.
    hooks.onException = restore.get(hooks) ?? null;
    listeners.delete(hooks);
    restore.delete(hooks);
  };
}

const restore = new WeakMap<CpuHooks, CpuHooks["onException"]>();
