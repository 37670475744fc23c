import { createHash } from 'node:crypto';
import { MAIL_SENDER_AT, MAIL_SENDER_CHARS, MAIL_WITH_SENDER } from '@hermod/contracts';

/** A Lua script and the name the server caches it under. */
export class RedisScript {
  readonly name: string;
  readonly lua: string;
  readonly sha: string;

  constructor(name: string, lua: string) {
    this.name = name;
    this.lua = lua;
    this.sha = createHash('sha1').update(lua).digest('hex');
  }
}

// Fields of `{aor}:b`: `v` is the version; a binding's field is ':' + its key, so that no key can pass for the version.

// KEYS b, m, s, l:<id>
const STATE = `
local function state(tag)
  return {tag, redis.call('HGETALL', KEYS[1]), redis.call('ZCARD', KEYS[2]),
    redis.call('EXISTS', KEYS[3]), redis.call('GET', KEYS[4])}
end
`;

/** KEYS b, m, s, l:<id> → ['state', [field, value …], mailbox count, provisioned 0|1, ledger status or nil] */
export const READ = new RedisScript('read', `${STATE}return state('state')`);

/** KEYS b, m, s, l:<id>, e, n; ARGV delivery id, order, entry, seen version or '', max entries, ledger seconds, sender or '', its max entries
 *  → ['stored', count] | ['full'] | ['moved', …state] | ['ended', …state].
 *  An entry that is there already still writes the ledger: WAIT is documented to wait for writes of its own connection only, so
 *  a repeat after a reconnection needs one, or a replica that never saw the first attempt might vouch for it. (Redis 7.0 waits for
 *  everything before it, so no test on it can show the difference.) */
export const APPEND_MAIL = new RedisScript(
  'appendMail',
  `${STATE}
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  if (redis.call('GET', KEYS[4]) or '202') ~= '202' then return state('ended') end
  if ARGV[4] ~= '' and (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[4] then
    return state('moved')
  end
  local max = tonumber(ARGV[5])
  if max > 0 and redis.call('ZCARD', KEYS[2]) >= max then return {'full'} end
  local most = tonumber(ARGV[8])
  if most > 0 and tonumber(redis.call('HGET', KEYS[6], ARGV[7]) or 0) >= most then return {'full'} end
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
  redis.call('HSET', KEYS[5], ARGV[1], ARGV[3])
  if ARGV[7] ~= '' then redis.call('HINCRBY', KEYS[6], ARGV[7], 1) end
end
redis.call('SET', KEYS[4], '202', 'EX', ARGV[6])
return {'stored', redis.call('ZCARD', KEYS[2])}`,
);

/** KEYS m, e; ARGV after order, limit → [delivery id, order, entry or nil, …] */
export const READ_MAIL = new RedisScript(
  'readMail',
  `local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local out = {}
for i = 1, #found, 2 do
  out[#out + 1] = found[i]
  out[#out + 1] = found[i + 1]
  out[#out + 1] = redis.call('HGET', KEYS[2], found[i])
end
return out`,
);

/** KEYS m, e, n, then l:<id> per entry; ARGV ledger seconds, then delivery id and status per entry → entries left.
 *  A repeat (the entry is gone, the ledger says the same) writes the ledger again, for WAIT as above. An empty mailbox counts for nobody,
 *  whatever entries that were damaged have left behind. */
export const REMOVE_MAIL = new RedisScript(
  'removeMail',
  `local function uncount(entry)
  if not entry or string.byte(entry, ${MAIL_SENDER_AT}) ~= ${MAIL_WITH_SENDER} then return end
  local sender = string.sub(entry, ${MAIL_SENDER_AT + 1}, ${MAIL_SENDER_AT + MAIL_SENDER_CHARS})
  if redis.call('HINCRBY', KEYS[3], sender, -1) <= 0 then redis.call('HDEL', KEYS[3], sender) end
end
for i = 4, #KEYS do
  local id, status = ARGV[2 * i - 6], ARGV[2 * i - 5]
  local was_there = redis.call('ZREM', KEYS[1], id) == 1
  if was_there then uncount(redis.call('HGET', KEYS[2], id)) end
  if was_there or redis.call('GET', KEYS[i]) == status then
    redis.call('HDEL', KEYS[2], id)
    redis.call('SET', KEYS[i], status, 'EX', ARGV[1])
  end
end
local left = redis.call('ZCARD', KEYS[1])
if left == 0 then redis.call('DEL', KEYS[3]) end
return left`,
);

// The flow token is the user part of the first Path URI (element 9 of the encoded binding), as flowTokenOf() in contracts has it.
const FIND_BINDING = `
local encoded = redis.call('HGET', KEYS[1], ':' .. ARGV[1])
if not encoded then return 0 end
local binding = cjson.decode(encoded)
local token = binding[9] and string.match(binding[9], '^[^:@]*:([^@]*)@') or ''
if token ~= ARGV[2] then return 0 end
`;

/** KEYS b; ARGV binding key, flow token → 1 when it was there with that token and is gone */
export const REMOVE_BINDING = new RedisScript(
  'removeBinding',
  `${FIND_BINDING}return redis.call('HDEL', KEYS[1], ':' .. ARGV[1])`,
);

/** KEYS b; ARGV binding key, flow token, flag bit → 1 when the flag is set now (element 8 holds the flags) */
export const FLAG_BINDING = new RedisScript(
  'flagBinding',
  `${FIND_BINDING}binding[8] = bit.bor(binding[8], tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], ':' .. ARGV[1], cjson.encode(binding))
return 1`,
);

/** KEYS b, m; ARGV expected version, latest binding expiry (epoch ms, 0 for none), seconds to keep an idle version, then field and value per binding
 *  → [new version, mailbox count] or [-1].
 *  The hash outlives its last binding by the idle time: the version must not start again while anybody may still compare with it. */
export const COMPARE_AND_SET = new RedisScript(
  'compareAndSet',
  `if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return {-1} end
local version = tonumber(ARGV[1]) + 1
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
local left = math.ceil(tonumber(ARGV[2]) / 1000) - tonumber(redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[1], string.format('%.0f', math.max(left, 0) + tonumber(ARGV[3])))
return {version, redis.call('ZCARD', KEYS[2])}`,
);

/** KEYS due; ARGV AoR, epoch ms, mode. An unchanged time is removed and put again, for WAIT as above. */
export const SCHEDULE = new RedisScript(
  'schedule',
  `local at = ARGV[2]
local old = redis.call('ZSCORE', KEYS[1], ARGV[1])
if old and ARGV[3] == 'earliest' and tonumber(old) < tonumber(at) then at = old end
if old and tonumber(old) == tonumber(at) then redis.call('ZREM', KEYS[1], ARGV[1]) end
redis.call('ZADD', KEYS[1], at, ARGV[1])
return 1`,
);

/** KEYS set; ARGV member → 1 when it was there. Where a repeat writes nothing, `WAIT` may vouch too early: for what does no harm when it
 *  comes back. A script only because the durable writer sends scripts. */
export const REMOVE_MEMBER = new RedisScript(
  'removeMember',
  `return redis.call('ZREM', KEYS[1], ARGV[1])`,
);

/** KEYS text; ARGV text → 1 when there was none before */
export const WRITE_TEXT = new RedisScript(
  'writeText',
  `local was_there = redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
return 1 - was_there`,
);

/** KEYS text → 1 when there was one. What was gone is removed again, for WAIT as above. */
export const REMOVE_TEXT = new RedisScript(
  'removeText',
  `local was_there = redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], '')
redis.call('DEL', KEYS[1])
return was_there`,
);

/** KEYS set; ARGV member → 1. A member that is there is put again, for WAIT as above. */
export const ADD_MEMBER = new RedisScript(
  'addMember',
  `redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('ZADD', KEYS[1], 0, ARGV[1])`,
);

/** Writes nothing, but without flags counts as a script that may: a server that takes no writes now (memory full, disk
 *  error, too few replicas, read-only) refuses it, as PING would not. Costs no sync. Needs Redis 7.0. */
export const PROBE_WRITE = '#!lua\nreturn 1';
