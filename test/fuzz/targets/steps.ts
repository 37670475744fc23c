// Between the messages of one input. It may stand in a message as well: then the input has one more of them.
const SEPARATOR = 0x1e;

/** One input of several messages, latin1. */
export function joinSteps(texts: readonly string[]): Uint8Array {
  return Buffer.from(texts.join(String.fromCharCode(SEPARATOR)), 'latin1');
}

/** The messages of an input, each in memory of its own. */
export function stepsOf(input: Uint8Array): Uint8Array[] {
  const steps: Uint8Array[] = [];
  for (let at = 0; at <= input.length; ) {
    const end = input.indexOf(SEPARATOR, at);
    const to = end === -1 ? input.length : end;
    steps.push(input.slice(at, to));
    at = to + 1;
  }
  return steps;
}
