import { describe, expect, it } from 'vitest';
import { CommitQueue } from './commit-queue.ts';
import type { Commit } from './group-offsets.ts';

const commit = (partition: number, next: number): Commit => ({ partition, next, metadata: '' });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('CommitQueue', () => {
  it('MUST write what waits as one request, the latest position of each partition', async () => {
    const written: (readonly Commit[])[] = [];
    let finish: () => void = () => {};
    const queue = new CommitQueue((commits) => {
      written.push(commits);
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const early = [queue.add(commit(0, 1)), queue.add(commit(1, 5)), queue.add(commit(0, 2))];
    await turn();
    expect(written).toEqual([]);
    queue.open();
    await turn();
    expect(written).toEqual([[commit(0, 2), commit(1, 5)]]);
    const late = queue.add(commit(0, 3));
    await turn();
    expect(written).toHaveLength(1);
    finish();
    await Promise.all(early);
    await turn();
    expect(written[1]).toEqual([commit(0, 3)]);
    finish();
    await late;
  });

  it('MUST refuse what waits when the assignment ends, and not write it under the next', async () => {
    const written: (readonly Commit[])[] = [];
    const queue = new CommitQueue(async (commits) => {
      written.push(commits);
    });
    const waiting = queue.add(commit(0, 1));
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_OWNER' });
    queue.open();
    queue.close();
    const after = queue.add(commit(0, 9));
    queue.open();
    await after;
    expect(written).toEqual([[commit(0, 9)]]);
  });

  it('MUST pass on a failed write, and write the next', async () => {
    let isBroken = true;
    const queue = new CommitQueue(async () => {
      if (isBroken) throw new Error('broken');
    });
    queue.open();
    await expect(queue.add(commit(0, 1))).rejects.toThrow('broken');
    isBroken = false;
    await queue.add(commit(0, 1));
  });
});
