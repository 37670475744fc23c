import { describe, expect, test } from 'vitest';
import { isGlobalUnicast } from './global-unicast.ts';

describe('isGlobalUnicast', () => {
  test.each([
    '1.1.1.1',
    '11.0.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '172.15.0.1',
    '172.32.0.1',
    '223.255.255.254',
    '2a00:1450:4001::1',
    '2400:cb00::1',
    '2001:4860:4860::8888',
    '::ffff:1.1.1.1',
    '::FFFF:0101:0101',
    '64:ff9b::1.1.1.1',
    '64:ff9b::101:101',
  ])('MUST be true of %s', (address) => {
    expect(isGlobalUnicast(address)).toBe(true);
  });

  test.each([
    ['0.0.0.0', 'this machine'],
    ['127.0.0.1', 'this machine'],
    ['127.255.0.9', 'this machine'],
    ['10.1.2.3', 'private (RFC 1918)'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'shared (RFC 6598)'],
    ['169.254.169.254', 'link-local: the metadata of clouds'],
    ['192.0.0.1', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['198.18.0.1', 'benchmarks'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'this machine'],
    ['::127.0.0.1', 'IPv4-compatible, deprecated'],
    ['::ffff:127.0.0.1', 'mapped'],
    ['::ffff:7f00:1', 'mapped, in hex'],
    ['0:0:0:0:0:FFFF:0a00:0001', 'mapped, at length'],
    ['::ffff:169.254.169.254', 'mapped'],
    ['64:ff9b::10.0.0.1', 'NAT64 (RFC 6052 §3.1)'],
    ['64:ff9b::a9fe:a9fe', 'NAT64'],
    ['64:ff9b:1::1', 'NAT64 of one network (RFC 8215)'],
    ['100::1', 'discarded'],
    ['fc00::1', 'unique local (RFC 4193)'],
    ['fd12:3456::1', 'unique local'],
    ['fe80::1', 'link-local'],
    ['fec0::1', 'site-local, deprecated'],
    ['ff02::1', 'multicast'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::', '6to4'],
    ['3fff::1', 'documentation'],
    ['4000::1', 'not assigned'],
    ['localhost', 'a name'],
    ['127.1', 'a name'],
    ['[2400:cb00::1]', 'in brackets'],
    ['', 'nothing'],
  ])('MUST be false of "%s": %s', (address) => {
    expect(isGlobalUnicast(address)).toBe(false);
  });
});
