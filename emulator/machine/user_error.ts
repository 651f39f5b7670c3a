/** A mistake in what the user gave us: shown as one line, exit status 2, never with a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
}
