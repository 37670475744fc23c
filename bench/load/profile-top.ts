import { readFileSync } from 'node:fs';
import type { HeapProfiler, Profiler } from 'node:inspector';
import { basename } from 'node:path';

type Frame = { readonly functionName: string; readonly url: string; readonly lineNumber: number };

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const where = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`;
  return `${functionName === '' ? '(anonymous)' : functionName}${where}`;
}

/** Prints the functions with the most self time of a `.cpuprofile`, in per cent of the time that was not idle. */
export function printCpuProfile(file: string, top: number): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profiler.Profile;
  const frames = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  const selfUs = new Map<string, number>();
  const deltas = profile.timeDeltas ?? [];
  let busyUs = 0;
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const name = frames.get(id) ?? '?';
    if (name === '(idle)' || name === '(program)') continue;
    const us = deltas[i] ?? 0;
    busyUs += us;
    selfUs.set(name, (selfUs.get(name) ?? 0) + us);
  }
  const sorted = [...selfUs].sort((a, b) => b[1] - a[1]).slice(0, top);
  console.log('\nself time, % of what was not idle');
  for (const [name, us] of sorted) {
    console.log(`${((us * 100) / busyUs).toFixed(1).padStart(6)}  ${name}`);
  }
}

/** Prints the functions that allocated most of a sampling heap profile, in per cent. */
export function printHeapProfile(file: string, top: number): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as HeapProfiler.SamplingHeapProfile;
  const self = new Map<string, number>();
  let total = 0;
  const visit = (node: HeapProfiler.SamplingHeapProfileNode): void => {
    const name = nameOf(node.callFrame);
    self.set(name, (self.get(name) ?? 0) + node.selfSize);
    total += node.selfSize;
    for (const child of node.children) visit(child);
  };
  visit(profile.head);
  const sorted = [...self].sort((a, b) => b[1] - a[1]).slice(0, top);
  console.log('\nbytes allocated, %');
  for (const [name, bytes] of sorted) {
    console.log(`${((bytes * 100) / total).toFixed(1).padStart(6)}  ${name}`);
  }
}
