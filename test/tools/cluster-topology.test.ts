import { expect, test } from 'vitest';
import { configProblems, PORTS_NEEDED, planMembers } from '../../tools/cluster/topology.ts';

const BACKENDS = { brokers: '127.0.0.1:9092', redisUrl: 'redis://127.0.0.1:6379' };
const PORTS = Array.from({ length: PORTS_NEEDED }, (_, index) => 20_000 + index);

test('the members MUST have environments that their services accept, without a port given twice', () => {
  const members = planMembers({}, BACKENDS, PORTS);
  expect(configProblems(members)).toEqual([]);
  expect(members.map((member) => member.name)).toEqual([
    'edge-1',
    'edge-2',
    'router-1',
    'router-2',
    'registrar-1',
  ]);
  const listeners = members.flatMap(({ env, sip }) => [
    env.HERMOD_HTTP_LISTEN ?? '',
    ...(env.HERMOD_TRUNK_LISTEN ?? '').split(',').filter((text) => text !== ''),
    ...sip.filter((url) => !url.startsWith('udp:')),
  ]);
  const ports = listeners.map((listener) => listener.slice(listener.lastIndexOf(':')));
  expect(new Set(ports).size).toBe(PORTS_NEEDED);
});

test('routers MUST know the trunk addresses that the edges advertise', () => {
  const members = planMembers({}, BACKENDS, PORTS);
  const advertised = members
    .filter((member) => member.service === 'edge')
    .map((member) => member.env.HERMOD_TRUNK_ADVERTISE);
  const router = members.find((member) => member.service === 'router');
  expect(router?.env.HERMOD_EDGES?.split(',')).toEqual(advertised);
});

test("the user's settings MUST reach the members, but not addresses that fit one process only", () => {
  const userEnv = {
    HERMOD_ACCEPT_AFTER_MS: '500',
    HERMOD_PARTITIONS: '16',
    HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:5060',
    HERMOD_KAFKA_BROKERS: '10.0.0.1:9092',
    PATH: '/bin',
  };
  for (const member of planMembers(userEnv, BACKENDS, PORTS)) {
    expect(member.env).toMatchObject({ HERMOD_ACCEPT_AFTER_MS: '500', HERMOD_PARTITIONS: '16' });
    expect(member.env.HERMOD_KAFKA_BROKERS).toBe(BACKENDS.brokers);
    expect(member.env.HERMOD_SIP_LISTEN).not.toBe(userEnv.HERMOD_SIP_LISTEN);
    expect(member.env).not.toHaveProperty('PATH');
  }
});

test('certificates MUST make trunks and client listeners use TLS', () => {
  const files = ['HERMOD_TLS_CERT', 'HERMOD_TLS_KEY', 'HERMOD_TRUNK_TLS_CERT'];
  const more = ['HERMOD_TRUNK_TLS_KEY', 'HERMOD_TRUNK_TLS_CA'];
  const userEnv = Object.fromEntries([...files, ...more].map((name) => [name, 'file']));
  const members = planMembers(userEnv, BACKENDS, PORTS);
  expect(configProblems(members)).toEqual([]);
  const texts = members.flatMap(({ env, sip }) => [
    ...sip,
    ...Object.entries(env).flatMap(([name, value]) =>
      /EDGES|TRUNK_L|REGISTRARS/.test(name) ? value : [],
    ),
  ]);
  expect(texts.filter((text) => /\b(tcp|ws):/.test(text))).toEqual([]);
});

test('a wrong setting MUST be found before anything is started, once', () => {
  const members = planMembers({ HERMOD_LOG_LEVEL: 'loud' }, BACKENDS, PORTS);
  expect(configProblems(members).length).toBe(1);
});
