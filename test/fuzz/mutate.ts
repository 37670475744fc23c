import { oddPiece } from './grammar.ts';
import type { Random } from './random.ts';

const MAX_BYTES = 65_507;
/** One mutant in so many grows by a repetition: what is quadratic shows itself there. */
const ONE_IN_GROWS = 400;

/** Text with up to six places changed: mostly SIP, and wrong in new ways. @param others texts to take pieces of */
export function mutate(random: Random, text: string, others: readonly string[]): string {
  let out = text;
  for (let left = 1 + random.int(6); left > 0; left -= 1) out = mutateOnce(random, out, others);
  if (random.int(ONE_IN_GROWS) === 0) out = grow(random, out);
  return out.length > MAX_BYTES ? out.slice(0, MAX_BYTES) : out;
}

function mutateOnce(random: Random, text: string, others: readonly string[]): string {
  const at = random.int(text.length + 1);
  const end = Math.min(text.length, at + 1 + random.int(random.chance(80) ? 4 : 200));
  switch (random.int(9)) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.int(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + oddPiece(random) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(at, end).repeat(2) + text.slice(end);
    case 4:
      return random.chance(30) ? text.slice(0, at) : text;
    case 5: {
      const other = random.pick(others);
      return text.slice(0, at) + other.slice(random.int(other.length + 1));
    }
    case 6:
      return swapLines(random, text);
    case 7: {
      const code = text.charCodeAt(at);
      if (Number.isNaN(code)) return text;
      return (
        text.slice(0, at) + String.fromCharCode(code ^ (1 << random.int(8))) + text.slice(at + 1)
      );
    }
    default:
      return text.slice(0, at) + oddPiece(random) + text.slice(end);
  }
}

function swapLines(random: Random, text: string): string {
  const lines = text.split('\r\n');
  const from = random.int(lines.length);
  const [moved = ''] = lines.splice(from, 1);
  lines.splice(random.int(lines.length + 1), 0, moved);
  return lines.join('\r\n');
}

function grow(random: Random, text: string): string {
  const at = random.int(text.length + 1);
  const piece = random.chance(50)
    ? oddPiece(random)
    : text.slice(at, at + 1 + random.int(60)) || 'x';
  const times = Math.floor((1 + random.int(60_000)) / piece.length) + 1;
  return text.slice(0, at) + piece.repeat(times) + text.slice(at);
}
