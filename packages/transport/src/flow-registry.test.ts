import { describe, expect, it } from 'vitest';
import type { Flow } from './flow.ts';
import { FlowRegistry } from './flow-registry.ts';

function fakeFlow(): { flow: Flow; shut: () => void } {
  let open = true;
  const flow: Flow = {
    transport: 'TCP',
    reliable: true,
    local: { address: '127.0.0.1', port: 1 },
    remote: { address: '127.0.0.1', port: 2 },
    get isOpen() {
      return open;
    },
    closeReason: undefined,
    queuedBytes: 0,
    send: () => open,
    close: () => {
      open = false;
    },
    keepFor: () => undefined,
    pauseReading: () => undefined,
    context: undefined,
  };
  return {
    flow,
    shut: () => {
      open = false;
    },
  };
}

function counter(): { token: (bytes?: number) => string; drawn: (number | undefined)[] } {
  const drawn: (number | undefined)[] = [];
  return {
    drawn,
    token(bytes) {
      drawn.push(bytes);
      return `random${drawn.length}`;
    },
  };
}

describe('FlowRegistry', () => {
  it('MUST draw one token of 96 bits per flow, and find the flow by it (RFC 5626 §5.2)', () => {
    const random = counter();
    const registry = new FlowRegistry('edge1', random);
    const { flow } = fakeFlow();
    expect(registry.tokenOf(flow)).toBe('edge1.random1');
    expect(registry.tokenOf(flow)).toBe('edge1.random1');
    expect(random.drawn).toEqual([12]);
    expect(registry.flowOf('edge1.random1')).toBe(flow);
  });

  it('MUST NOT find a flow that has closed, before and after it is removed', () => {
    const registry = new FlowRegistry('edge1', counter());
    const { flow, shut } = fakeFlow();
    const token = registry.tokenOf(flow) ?? '';
    shut();
    expect(registry.flowOf(token)).toBeUndefined();
    expect(registry.tokenOf(flow)).toBeUndefined();
    expect(registry.remove(flow)).toBe(token);
    expect(registry.size).toBe(0);
    expect(registry.flowOf(token)).toBeUndefined();
  });

  it('MUST NOT find a flow by a token of another edge or process', () => {
    const registry = new FlowRegistry('edge1', counter());
    registry.tokenOf(fakeFlow().flow);
    expect(registry.flowOf('edge2.random1')).toBeUndefined();
    expect(registry.flowOf('edge1.random2')).toBeUndefined();
  });
});
