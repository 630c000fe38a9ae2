// The host that a decision runs on: the one of the sandbox, or a double in tests.

/** @type {any} */
let current;

/** The host's interfaces by name, each with its functions. */
export function host() {
  if (current === undefined) {
    throw new Error("there is no host: call this in a decision, or in a test with `testPolicy` of @patchbay/sdk/testing");
  }
  return current;
}

/**
 * Sets the host and returns the one before.
 *
 * @param {any} next
 */
export function setHost(next) {
  const before = current;
  current = next;
  return before;
}
