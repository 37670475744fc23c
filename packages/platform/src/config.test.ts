import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfigProblem, type Environment, loadConfig } from './config.ts';
import type { ServiceName } from './config-services.ts';

const EDGE_ENV = {
  HERMOD_DOMAINS: 'example.com',
  HERMOD_EDGE_ID: 'edge-1',
  HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:0',
  HERMOD_TRUNK_LISTEN: 'tcp://127.0.0.1:0',
  HERMOD_EDGES: 'tcp://127.0.0.1:5070',
  HERMOD_REGISTRARS: 'tcp://127.0.0.1:5072',
  HERMOD_KAFKA_BROKERS: '127.0.0.1:9092',
  HERMOD_REDIS_URL: 'redis://127.0.0.1:6379',
};

function problemsOf(service: ServiceName, env: Environment): readonly ConfigProblem[] {
  const loaded = loadConfig(service, env);
  return loaded.ok ? [] : loaded.problems;
}

function problemOf(service: ServiceName, env: Environment): ConfigProblem | undefined {
  return problemsOf(service, env)[0];
}

describe('loadConfig', () => {
  test('the standalone MUST start from an empty environment with the defaults of design §9', () => {
    const loaded = loadConfig('standalone', { PATH: '/bin' });
    expect(loaded).toEqual({
      ok: true,
      config: {
        domains: ['localhost', '127.0.0.1'],
        domainMode: 'open',
        domainAliases: true,
        sipListen: [
          { transport: 'udp', host: '127.0.0.1', port: 5060 },
          { transport: 'tcp', host: '127.0.0.1', port: 5060 },
          { transport: 'ws', host: '127.0.0.1', port: 5066 },
        ],
        httpListen: { host: '127.0.0.1', port: 8080 },
        dataDir: './data',
        auth: 'open',
        authAlgorithms: ['SHA-512-256', 'SHA-256', 'MD5'],
        relayFrom: { words: ['authenticated'], ranges: [] },
        inboundFrom: { words: [], ranges: [] },
        authNonceSec: 300,
        tokenClaim: 'sub',
        wsRequireToken: false,
        bufferMb: 256,
        congestion: true,
        priorityFrom: { users: [], ranges: [] },
        prometheusScrapeSec: 5,
        acceptAfterMs: 3000,
        mailboxTtlSec: 604_800,
        mailboxMax: 1000,
        traceRatio: 0.01,
        logLevel: 'info',
        shutdownGraceMs: 10_000,
      },
    });
  });

  test('a cluster service MUST name every required variable that is missing', () => {
    const names = problemsOf('edge', {}).map((problem) => problem.variable);
    expect(names).toEqual([
      'HERMOD_DOMAINS',
      'HERMOD_EDGE_ID',
      'HERMOD_SIP_LISTEN',
      'HERMOD_TRUNK_LISTEN',
      'HERMOD_EDGES',
      'HERMOD_REGISTRARS',
      'HERMOD_KAFKA_BROKERS',
      'HERMOD_REDIS_URL',
    ]);
  });

  test('MUST NOT ask a service for what it does not use', () => {
    const backends = {
      HERMOD_KAFKA_BROKERS: '127.0.0.1:9092',
      HERMOD_REDIS_URL: 'redis://127.0.0.1:6379',
    };
    const router = { HERMOD_DOMAINS: 'example.com', HERMOD_EDGES: '10.0.0.5:5070' };
    expect(problemsOf('router', { ...backends, ...router })).toEqual([]);
    const registrar = { HERMOD_DOMAINS: 'example.com', HERMOD_TRUNK_LISTEN: '0.0.0.0:5070' };
    expect(problemsOf('registrar', { ...backends, ...registrar })).toEqual([]);
  });

  test('relaying and inbound MUST be lists of words and addresses, or nobody', () => {
    const rules = (env: Record<string, string>) => {
      const loaded = loadConfig('standalone', env);
      return loaded.ok ? [loaded.config.relayFrom, loaded.config.inboundFrom] : undefined;
    };
    const nobody = { words: [], ranges: [] };
    expect(rules({})).toEqual([{ words: ['authenticated'], ranges: [] }, nobody]);
    const env = {
      HERMOD_RELAY_FROM: 'authenticated, 10.0.0.5,2001:db8::/32',
      HERMOD_INBOUND_FROM: 'anybody',
    };
    expect(rules(env)).toEqual([
      { words: ['authenticated'], ranges: ['10.0.0.5', '2001:db8::/32'] },
      { words: ['anybody'], ranges: [] },
    ]);
    const off = { HERMOD_RELAY_FROM: 'nobody', HERMOD_INBOUND_FROM: 'nobody' };
    expect(rules(off)).toEqual([nobody, nobody]);
  });

  test('an sctp:// listener MAY have several addresses, all of which count', () => {
    const listen = (value: string) => {
      const loaded = loadConfig('standalone', { HERMOD_SIP_LISTEN: value });
      return loaded.ok ? [loaded.config.sipListen, loaded.config.auth] : loaded.problems;
    };
    const endpoint = { transport: 'sctp', host: '127.0.0.1', port: 5060 };
    expect(listen('sctp://127.0.0.1:5060')).toEqual([[endpoint], 'open']);
    expect(listen('sctp://127.0.0.1+[::1]:5060')).toEqual([
      [{ ...endpoint, alsoAt: ['::1'] }],
      'open',
    ]);
    expect(listen('sctp://127.0.0.1+192.0.2.1+[2001:db8::1]:5060')).toEqual([
      [{ ...endpoint, alsoAt: ['192.0.2.1', '2001:db8::1'] }],
      'digest',
    ]);
    const [problem] = listen('sctp://127.0.0.1+0.0.0.0:5060') ?? [];
    expect(problem).toMatchObject({ variable: 'HERMOD_SIP_ADVERTISE' });
  });

  test('an empty value MUST count as unset', () => {
    expect(problemOf('edge', { ...EDGE_ENV, HERMOD_EDGE_ID: ' ' })?.fault).toContain('is not set');
    expect(loadConfig('standalone', { HERMOD_LOG_LEVEL: '' }).ok).toBe(true);
  });

  test('a HERMOD_ variable that no service has MUST be a problem, and a slip gets a suggestion', () => {
    expect(problemOf('standalone', { HERMOD_DOMAIN: 'a' })).toEqual({
      variable: 'HERMOD_DOMAIN',
      fault: 'is not a variable of any service',
      remedy: 'did you mean HERMOD_DOMAINS?',
    });
    expect(problemOf('router', { HERMOD_COMPLETELY_ELSE: 'a' })?.remedy).toContain('remove it');
  });

  test("another service's variable and HERMOD_TEST_ ones MUST NOT be problems", () => {
    const env = { HERMOD_KAFKA_BROKERS: 'kafka:9092', HERMOD_TEST_REDIS: 'redis://x' };
    expect(problemsOf('standalone', env)).toEqual([]);
  });

  test.each([
    ['HERMOD_SIP_LISTEN', 'sctp://127.0.0.1+127.0.0.2', 'is not host:port'],
    ['HERMOD_SIP_LISTEN', 'sctp://127.0.0.1++127.0.0.2:5060', 'is not host:port'],
    ['HERMOD_SIP_LISTEN', 'tcp://127.0.0.1+127.0.0.2:5060', 'is not host:port'],
    ['HERMOD_SIP_ADVERTISE', 'sctp://192.0.2.1+192.0.2.2:5060', 'is not host:port'],
    ['HERMOD_SIP_LISTEN', 'http://127.0.0.1:5061', 'unknown transport'],
    ['HERMOD_SIP_LISTEN', '127.0.0.1:5060', 'has none of udp://, tcp://, tls://, sctp://, ws://'],
    ['HERMOD_SIP_LISTEN', 'udp://127.0.0.1:70000', 'port above 65535'],
    ['HERMOD_SIP_LISTEN', 'udp://127.0.0.1:5060,,', 'has none of udp://'],
    ['HERMOD_HTTP_LISTEN', '8080', 'is not host:port'],
    ['HERMOD_DOMAINS', 'exa mple.com', 'is not a domain name'],
    ['HERMOD_DOMAIN_MODE', 'shut', 'is not one of open, closed'],
    ['HERMOD_DOMAIN_ALIASES', 'true', 'neither on nor off'],
    ['HERMOD_ACCEPT_AFTER_MS', '3500', 'from 1 to 3499'],
    ['HERMOD_ACCEPT_AFTER_MS', '0', 'from 1 to 3499'],
    ['HERMOD_ACCEPT_AFTER_MS', '-1', 'from 1 to 3499'],
    ['HERMOD_ACCEPT_AFTER_MS', '1e3', 'from 1 to 3499'],
    ['HERMOD_MAILBOX_MAX', '0', 'from 1 to'],
    ['HERMOD_LOG_LEVEL', 'verbose', 'is not one of'],
    ['HERMOD_WS_ORIGINS', 'chat.example.com', 'is no origin of web pages'],
    ['HERMOD_WS_ORIGINS', 'https://chat.example.com/chat', 'is no origin of web pages'],
    ['HERMOD_RELAY_FROM', 'anybody', 'is not an IP address or a block'],
    ['HERMOD_RELAY_FROM', 'authenticated,10.0.0.0/33', 'more than 32 bits'],
    ['HERMOD_INBOUND_FROM', 'authenticated', 'is not an IP address or a block'],
    ['HERMOD_PRIORITY_FROM', 'duty', 'is not an IP address or a block'],
    ['HERMOD_PRIORITY_FROM', 'sip:duty@example.com', 'is not user@domain'],
    ['HERMOD_PROMETHEUS_MATCH', 'job=hermod', 'is not a list of label matchers'],
    ['HERMOD_DNS_SERVERS', 'ns.example.com', 'is not an IP address'],
    ['HERMOD_DNS_SERVERS', '10.0.0.2:0', 'is not an IP address'],
  ])('%s=%s MUST be a problem with that variable named', (name, value, fault) => {
    const problem = problemOf('standalone', { [name]: value });
    expect(problem?.variable).toBe(name);
    expect(problem?.fault).toContain(fault);
    expect(problem?.remedy).toContain('set it to');
  });

  test.each([
    ['HERMOD_EDGE_ID', 'edge.1'],
    ['HERMOD_TRUNK_LISTEN', 'udp://127.0.0.1:5070'],
    ['HERMOD_TRUNK_PEERS', 'edge.example.com'],
    ['HERMOD_TRUNK_PEERS', '10.0.0.256'],
    ['HERMOD_TRUNK_PEERS', '10.0.0.5,fe80::g'],
    ['HERMOD_REGISTRARS', 'sip:10.0.0.1'],
    ['HERMOD_KAFKA_BROKERS', 'kafka'],
    ['HERMOD_KAFKA_REPLICATION', '0'],
    ['HERMOD_PARTITIONS', '1025'],
    ['HERMOD_REDIS_REPLICAS', 'one'],
    ['HERMOD_REDIS_URL', 'redis://10.0.2.1:66379'],
    ['HERMOD_REDIS_URL', 'redis://10.0.2.1,10.0.2.2'],
    ['HERMOD_REDIS_URL', 'redis+sentinel://10.0.2.1:26379'],
    ['HERMOD_REDIS_URL', 'redis://u:pass word@10.0.2.1'],
  ])('%s=%s MUST be a problem of an edge', (name, value) => {
    const problem = problemOf('edge', { ...EDGE_ENV, [name]: value });
    expect(problem?.variable).toBe(name);
  });

  test('every kind of Redis URL MUST be taken', () => {
    for (const url of [
      'rediss+sentinel://u:p@h:1/mymaster',
      'rediss+cluster://a,b',
      'rediss://h',
    ]) {
      expect(problemsOf('edge', { ...EDGE_ENV, HERMOD_REDIS_URL: url })).toEqual([]);
    }
  });

  test.each([
    'http://:hunter2@x',
    'redis://:hunter2',
    'redis://u:hunter2@h:x',
    'redis://:hunter2@h/x',
  ])('a secret MUST NOT appear in a problem: %s', (url) => {
    const problem = problemOf('edge', { ...EDGE_ENV, HERMOD_REDIS_URL: url });
    expect(problem?.variable).toBe('HERMOD_REDIS_URL');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test.each([
    ['standalone alone', {}, 'open'],
    ['on loopback', { HERMOD_SIP_LISTEN: 'udp://[::1]:5060,tcp://127.1.2.3:5060' }, 'open'],
    [
      'beyond loopback with one listener',
      { HERMOD_SIP_LISTEN: 'udp://127.0.0.1:5060,tcp://192.0.2.1:5060' },
      'digest',
    ],
    [
      'beyond loopback, openly',
      { HERMOD_SIP_LISTEN: 'tcp://192.0.2.1:5060', HERMOD_AUTH: 'open' },
      'open',
    ],
    ['on loopback, asked to', { HERMOD_AUTH: 'digest' }, 'digest'],
  ])('authentication MUST be as it is set, else open on loopback only: %s', (_, env, auth) => {
    const loaded = loadConfig('standalone', env);
    expect(loaded.ok && loaded.config.auth).toBe(auth);
  });

  test('the algorithms of challenges MUST be known ones, in the order given', () => {
    const of = (HERMOD_AUTH_ALGORITHMS: string) =>
      loadConfig('standalone', { HERMOD_AUTH_ALGORITHMS });
    expect(of('MD5, SHA-256')).toMatchObject({
      ok: true,
      config: { authAlgorithms: ['MD5', 'SHA-256'] },
    });
    for (const wrong of ['SHA-1', 'MD5,MD5', 'MD5,', 'MD5-sess']) {
      expect(problemOf('standalone', { HERMOD_AUTH_ALGORITHMS: wrong })?.variable).toBe(
        'HERMOD_AUTH_ALGORITHMS',
      );
    }
  });

  test.each(['a"b', 'a\\b', 'a\u0007', 'ä', 'x'.repeat(129)])(
    'a realm MUST fit between quotes as it is: %j',
    (realm) => {
      expect(problemOf('standalone', { HERMOD_AUTH_REALM: realm })?.variable).toBe(
        'HERMOD_AUTH_REALM',
      );
    },
  );

  test('a wildcard listener MUST come with an address to tell others', () => {
    const env = { HERMOD_SIP_LISTEN: 'udp://0.0.0.0:5060', HERMOD_AUTH: 'open' };
    expect(problemOf('standalone', env)?.variable).toBe('HERMOD_SIP_ADVERTISE');
    const advertised = { ...env, HERMOD_SIP_ADVERTISE: 'udp://192.0.2.1:5060' };
    expect(loadConfig('standalone', advertised).ok).toBe(true);
    const trunk = { ...EDGE_ENV, HERMOD_TRUNK_LISTEN: 'tcp://[::]:5070' };
    expect(problemOf('edge', trunk)?.variable).toBe('HERMOD_TRUNK_ADVERTISE');
  });

  test('origins of web pages MUST be any, or as browsers write them', () => {
    const of = (HERMOD_WS_ORIGINS: string) => {
      const loaded = loadConfig('standalone', { HERMOD_WS_ORIGINS });
      return loaded.ok ? loaded.config.wsOrigins : undefined;
    };
    expect(of('any')).toBe('any');
    expect(of('https://Chat.Example.com:443/, http://127.0.0.1:8080')).toEqual([
      'https://chat.example.com',
      'http://127.0.0.1:8080',
    ]);
  });

  describe('access tokens', () => {
    const TOKENS = {
      HERMOD_TOKEN_JWKS: '/etc/hermod/keys.json',
      HERMOD_TOKEN_ISSUER: 'https://login.example.com/',
    };

    test('MUST ask everybody to prove who it is, also on loopback', () => {
      const loaded = loadConfig('standalone', TOKENS);
      expect(loaded).toMatchObject({
        ok: true,
        config: { auth: 'digest', tokenClaim: 'sub', wsRequireToken: false },
      });
      expect(problemOf('standalone', { ...TOKENS, HERMOD_AUTH: 'open' })?.variable).toBe(
        'HERMOD_AUTH',
      );
      expect(loadConfig('standalone', { ...TOKENS, HERMOD_AUTH: 'token' }).ok).toBe(true);
    });

    test('MUST come with their keys and issuer', () => {
      const { HERMOD_TOKEN_JWKS, HERMOD_TOKEN_ISSUER } = TOKENS;
      expect(problemOf('standalone', { HERMOD_TOKEN_JWKS })).toEqual({
        variable: 'HERMOD_TOKEN_ISSUER',
        fault: 'is not set, and HERMOD_TOKEN_JWKS is',
        remedy: 'set it to an https:// URL, e.g. https://login.example.com/',
      });
      for (const env of [
        { HERMOD_TOKEN_ISSUER },
        { HERMOD_AUTH: 'token' },
        { HERMOD_TOKEN_AUDIENCE: 'chat' },
        { HERMOD_TOKEN_SCOPE: 'sip' },
        { HERMOD_WS_REQUIRE_TOKEN: 'on' },
      ]) {
        expect(problemOf('standalone', env)?.variable).toBe('HERMOD_TOKEN_JWKS');
      }
    });

    test('MUST have a listener that they may come over (RFC 6750 §5.3)', () => {
      const listen = (HERMOD_SIP_LISTEN: string, more: Environment = {}) =>
        problemsOf('standalone', {
          ...TOKENS,
          HERMOD_SIP_LISTEN,
          HERMOD_TLS_CERT: 'c',
          HERMOD_TLS_KEY: 'k',
          ...more,
        }).map(({ variable }) => variable);
      expect(listen('tcp://192.0.2.1:5060,ws://192.0.2.1:80')).toEqual(
        expect.arrayContaining(['HERMOD_TOKEN_JWKS']),
      );
      for (const at of ['tls://192.0.2.1:5061', 'wss://192.0.2.1:443', 'ws://[::1]:80']) {
        expect(listen(`tcp://192.0.2.1:5060,${at}`)).not.toContain('HERMOD_TOKEN_JWKS');
      }
      const required = { HERMOD_WS_REQUIRE_TOKEN: 'on' };
      expect(listen('tls://192.0.2.1:5061', required)).toEqual(['HERMOD_WS_REQUIRE_TOKEN']);
      expect(listen('wss://192.0.2.1:443', required)).toEqual([]);
    });

    test.each([
      ['HERMOD_TOKEN_JWKS', 'http://login.example.com/keys'],
      ['HERMOD_TOKEN_JWKS', 'https://user:hunter2@login.example.com/keys'],
      ['HERMOD_TOKEN_JWKS', 'ftp://login.example.com/keys'],
      ['HERMOD_TOKEN_ISSUER', 'http://login.example.com/'],
      ['HERMOD_TOKEN_ISSUER', 'https://login.example.com/?a=b'],
      ['HERMOD_TOKEN_ISSUER', 'https://login.example.com/"'],
      ['HERMOD_TOKEN_ISSUER', 'login.example.com'],
      ['HERMOD_TOKEN_AUDIENCE', 'a b'],
      ['HERMOD_TOKEN_CLAIM', 'ü'],
      ['HERMOD_TOKEN_SCOPE', 'sip  im'],
      ['HERMOD_TOKEN_SCOPE', 'sip"'],
    ])('MUST NOT be taken with %s=%s', (variable, value) => {
      const problem = problemOf('standalone', { ...TOKENS, [variable]: value });
      expect(problem?.variable).toBe(variable);
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    });

    test.each([
      'keys.json',
      'https://login.example.com/keys?a=b',
      'http://127.0.0.1:1/',
      'http://[::1]/',
    ])('MAY have their keys at %s', (HERMOD_TOKEN_JWKS) => {
      expect(loadConfig('standalone', { ...TOKENS, HERMOD_TOKEN_JWKS }).ok).toBe(true);
    });
  });

  test('a chat page MUST come with a listener that browsers can use', () => {
    const env = { HERMOD_CHAT: 'on', HERMOD_SIP_LISTEN: 'tcp://127.0.0.1:5060' };
    expect(problemOf('standalone', env)?.variable).toBe('HERMOD_CHAT');
    expect(loadConfig('standalone', { ...env, HERMOD_SIP_LISTEN: 'ws://[::1]:1' }).ok).toBe(true);
    expect(loadConfig('standalone', { ...env, HERMOD_CHAT: 'off' }).ok).toBe(true);
  });

  test.each(['tls', 'wss'])('a %s:// listener MUST come with a certificate and its key', (tls) => {
    const env = { HERMOD_SIP_LISTEN: `${tls}://127.0.0.1:5061` };
    const names = (more: Environment) =>
      problemsOf('standalone', { ...env, ...more }).map((problem) => problem.variable);
    expect(names({})).toEqual(['HERMOD_TLS_CERT', 'HERMOD_TLS_KEY']);
    expect(names({ HERMOD_TLS_CERT: 'c' })).toEqual(['HERMOD_TLS_KEY']);
    expect(names({ HERMOD_TLS_CERT: 'c', HERMOD_TLS_KEY: 'k' })).toEqual([]);
    const tcp = 'tcp://127.0.0.1:5060';
    expect(names({ HERMOD_SIP_LISTEN: tcp, HERMOD_TLS_KEY: 'k' })).toEqual(['HERMOD_TLS_CERT']);
    expect(names({ HERMOD_SIP_LISTEN: tcp, HERMOD_TLS_CLIENT_CA: 'a' })).toEqual([
      'HERMOD_TLS_CLIENT_CA',
    ]);
  });

  test('a tls:// trunk MUST come with a certificate, its key and the authority of the cluster', () => {
    const files = ['HERMOD_TRUNK_TLS_CERT', 'HERMOD_TRUNK_TLS_KEY', 'HERMOD_TRUNK_TLS_CA'];
    const set = Object.fromEntries(files.map((name) => [name, 'file']));
    for (const name of ['HERMOD_TRUNK_LISTEN', 'HERMOD_REGISTRARS']) {
      const env = { ...EDGE_ENV, [name]: 'tls://127.0.0.1:5070' };
      expect(problemsOf('edge', env).map((problem) => problem.variable)).toEqual(files);
      expect(problemsOf('edge', { ...env, ...set })).toEqual([]);
    }
    const told = { HERMOD_TRUNK_ADVERTISE: 'tls://10.0.0.5:5070', ...set };
    expect(problemOf('edge', { ...EDGE_ENV, ...told })?.variable).toBe('HERMOD_TRUNK_ADVERTISE');
  });

  test('SASL MUST be complete or absent', () => {
    const env = { ...EDGE_ENV, HERMOD_KAFKA_SASL_MECHANISM: 'plain' };
    expect(problemsOf('edge', env).map((problem) => problem.variable)).toEqual([
      'HERMOD_KAFKA_SASL_USERNAME',
      'HERMOD_KAFKA_SASL_PASSWORD',
    ]);
    const complete = { ...env, HERMOD_KAFKA_SASL_USERNAME: 'u', HERMOD_KAFKA_SASL_PASSWORD: 'p' };
    expect(loadConfig('edge', complete).ok).toBe(true);
  });

  test('all problems MUST be reported at once', () => {
    const env = { HERMOD_LOG_LEVEL: 'loud', HERMOD_MAILBOX_MAX: 'many', HERMOD_NOPE: '1' };
    expect(problemsOf('standalone', env).map((problem) => problem.variable)).toEqual([
      'HERMOD_NOPE',
      'HERMOD_MAILBOX_MAX',
      'HERMOD_LOG_LEVEL',
    ]);
  });

  test('MUST never throw, whatever the values', () => {
    const values = fc.dictionary(fc.constantFrom(...Object.keys(EDGE_ENV)), fc.string());
    fc.assert(
      fc.property(values, (env) => {
        const loaded = loadConfig('edge', env);
        return loaded.ok || loaded.problems.every((one) => one.variable.startsWith('HERMOD_'));
      }),
    );
  });
});
