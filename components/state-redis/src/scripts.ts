import { createHash } from "node:crypto";

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** What the scripts below answer when the stored version is not the expected one. A written version is 1 or more. */
export const refused = 0;

/**
 * Writes one item unless its version forbids it. Answers the new version, or 0.
 *
 * KEYS: the item. ARGV: the version it must have ("0": any, unless the item is sticky); the value; "1" to make it sticky;
 * seconds to live ("": leave an expiry as it is; 0 or less: take it away).
 *
 * An item is sticky (it has a field `first-write`) from a first write on: each later write needs its version. Keys of
 * another type are replaced.
 */
export const setHash = script(`
  local key, expected = KEYS[1], ARGV[1]
  local version = redis.pcall('HGET', key, 'version')
  if type(version) == 'table' then
    redis.call('DEL', key)
    version = false
  end
  if version and version ~= '' and version ~= expected then
    if expected ~= '0' or redis.call('HEXISTS', key, 'first-write') == 1 then return 0 end
  end
  if ARGV[3] == '1' then
    redis.call('HSET', key, 'data', ARGV[2], 'first-write', '0')
  else
    redis.call('HSET', key, 'data', ARGV[2])
  end
  local written = redis.call('HINCRBY', key, 'version', 1)
  if ARGV[4] ~= '' then
    if tonumber(ARGV[4]) > 0 then redis.call('EXPIRE', key, ARGV[4]) else redis.call('PERSIST', key) end
  end
  return written`);

/** Removes one item. KEYS: the item. ARGV: the version it must have, "0" for any. Answers 1, or 0. */
export const deleteHash = script(`
  local version = redis.pcall('HGET', KEYS[1], 'version')
  if version and type(version) ~= 'table' and version ~= '' and version ~= ARGV[1] and ARGV[1] ~= '0' then return 0 end
  redis.call('DEL', KEYS[1])
  return 1`);

/**
 * As setHash, for an item kept as a JSON document {data, version, first-write}; the value is JSON text. A document that is
 * not there counts as one of the expected version, so that its version becomes expected + 1.
 */
export const setDocument = script(`
  local key, expected = KEYS[1], ARGV[1]
  local version = redis.pcall('JSON.GET', key, '.version')
  if type(version) == 'table' then
    redis.call('DEL', key)
    version = false
  end
  if not version or version == '' then version = expected end
  if version ~= expected then
    local sticky = redis.pcall('JSON.GET', key, '.first-write')
    if expected ~= '0' or (sticky and type(sticky) ~= 'table') then return 0 end
  end
  local written = tonumber(version) + 1
  local tail = ',"version":' .. string.format('%.0f', written) .. '}'
  if ARGV[3] == '1' then tail = ',"first-write":0' .. tail end
  redis.call('JSON.SET', key, '$', '{"data":' .. ARGV[2] .. tail)
  if ARGV[4] ~= '' then
    if tonumber(ARGV[4]) > 0 then redis.call('EXPIRE', key, ARGV[4]) else redis.call('PERSIST', key) end
  end
  return written`);

/** As deleteHash, for a document. */
export const deleteDocument = script(`
  local version = redis.pcall('JSON.GET', KEYS[1], '.version')
  if version and type(version) ~= 'table' and version ~= '' and version ~= ARGV[1] and ARGV[1] ~= '0' then return 0 end
  redis.call('DEL', KEYS[1])
  return 1`);

/** Answers the JSON text and the version (nil when it has none) of a document, nil when the key is not there. */
export const getDocument = script(`
  local data = redis.call('JSON.GET', KEYS[1], '.data')
  if not data then return false end
  local version = redis.pcall('JSON.GET', KEYS[1], '.version')
  if type(version) == 'table' then version = false end
  return {data, version}`);

/**
 * A transaction: all operations in their order, or none. Answers 0, or the number of the first operation that is refused,
 * counted from 1.
 *
 * KEYS: one for each operation, repeated where several touch one item. ARGV: five for each: "set" or "delete"; "json" for
 * a document, "" for a hash; the expected version, the value and the seconds to live as above.
 *
 * Redis does not undo what a script has written, so the first pass only works out what the versions will be.
 */
export const transact = script(`
  local items, planned = {}, {}

  local function find(key)
    local type = redis.call('TYPE', key).ok
    local item = {}
    if type == 'hash' then
      item.version = redis.call('HGET', key, 'version')
      item.sticky = redis.call('HEXISTS', key, 'first-write') == 1
    elseif type == 'ReJSON-RL' then
      item.json = true
      local version = redis.pcall('JSON.GET', key, '.version')
      local sticky = redis.pcall('JSON.GET', key, '.first-write')
      if version and version.err == nil then item.version = version end
      item.sticky = sticky and sticky.err == nil
    end
    return item
  end

  for number, key in ipairs(KEYS) do
    local at = (number - 1) * 5
    local json, expected = ARGV[at + 2] == 'json', ARGV[at + 3]
    local item = items[key] or find(key)
    local version = (item.json or false) == json and item.version ~= '' and item.version or nil
    local fits = not version or version == expected
    if ARGV[at + 1] == 'set' then
      if not fits and (expected ~= '0' or item.sticky) then return number end
      planned[number] = string.format('%.0f', tonumber(version or (json and expected or '0')) + 1)
      items[key] = {json = json, version = planned[number], sticky = not json and version and item.sticky}
    else
      if not fits and expected ~= '0' then return number end
      items[key] = {}
    end
  end

  for number, key in ipairs(KEYS) do
    local at = (number - 1) * 5
    local json, value, ttl = ARGV[at + 2] == 'json', ARGV[at + 4], ARGV[at + 5]
    if not planned[number] then
      redis.call('DEL', key)
    else
      if redis.call('TYPE', key).ok ~= (json and 'ReJSON-RL' or 'hash') then redis.call('DEL', key) end
      if json then
        redis.call('JSON.SET', key, '$', '{"data":' .. value .. ',"version":' .. planned[number] .. '}')
      else
        redis.call('HSET', key, 'data', value, 'version', planned[number])
      end
      if ttl ~= '' then
        if tonumber(ttl) > 0 then redis.call('EXPIRE', key, ttl) else redis.call('PERSIST', key) end
      end
    end
  end
  return 0`);

/** The digest is made when it is first asked for: until then nobody needs Node's cryptography. */
function script(text: string): Script {
  let digest: string | undefined;
  return {
    text,
    get sha() {
      return (digest ??= createHash("sha1").update(text).digest("hex"));
    },
  };
}
