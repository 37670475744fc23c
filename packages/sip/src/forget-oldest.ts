/** Takes out what was put in first: how bounded maps and sets make room. */
export function forgetOldest<Key>(from: {
  keys(): Iterable<Key>;
  delete(key: Key): boolean;
}): void {
  for (const oldest of from.keys()) {
    from.delete(oldest);
    return;
  }
}
