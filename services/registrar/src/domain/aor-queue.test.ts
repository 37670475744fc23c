import { describe, expect, it } from 'vitest';
import { AorQueue, MAX_WAITING_PER_AOR } from './aor-queue.ts';

describe('AorQueue', () => {
  it('MUST run the tasks of one AoR in order, one at a time, and those of others meanwhile', async () => {
    const queue = new AorQueue();
    const events: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = queue.run('a', async () => {
      events.push('a1 begins');
      await gate.promise;
      events.push('a1 ends');
    });
    const second = queue.run('a', async () => void events.push('a2'));
    const other = queue.run('b', async () => void events.push('b1'));
    await other;
    expect(events).toEqual(['a1 begins', 'b1']);
    gate.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['a1 begins', 'b1', 'a1 ends', 'a2']);
  });

  it('MUST go on after a task that failed, and forget an AoR that is done', async () => {
    const queue = new AorQueue();
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', async () => 7);
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe(7);
    expect(queue.size).toBe(0);
  });

  it('MUST refuse a task when too many wait', async () => {
    const queue = new AorQueue();
    const gate = Promise.withResolvers<void>();
    const running = [queue.run('a', () => gate.promise)];
    for (let i = 0; i < MAX_WAITING_PER_AOR; i += 1) running.push(queue.run('a', async () => {}));
    expect(running.every((task) => task !== undefined)).toBe(true);
    expect(queue.run('a', async () => {})).toBeUndefined();
    expect(queue.run('b', async () => {})).toBeDefined();
    gate.resolve();
    await Promise.all(running.filter((task) => task !== undefined));
    expect(queue.size).toBe(0);
  });
});
