/**
 * `USER` and `--user`: names and numbers looked up in a container's own passwd and group files.
 * Pure. Sources: passwd(5), group(5); moby/sys `user.GetExecUser`.
 */
import { EngineError } from '../contract/errors.ts';

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** Of one whom the passwd file does not list; runtimes know the folder of those it does. */
  readonly home?: '/';
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home?: '/';
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** The largest id, 2^31 - 1: the spec's user ids are C ints in Docker's eyes. */
const ID_MAX = 2 ** 31 - 1;

/**
 * `''`, `1000`, `www-data`, `1000:50`, `user:group`. A number need not be listed; then its group is
 * 0. Supplementary are the group itself, so that dropping it does not add rights, and those the user
 * is listed in, unless a group was named. Throws `invalid-argument` with Docker's texts for a name
 * that is not listed.
 */
export function resolveUser(text: string, passwd: string, group: string): ProcessUser {
  const [userText = '', groupText = ''] = text.split(':');
  const user = findUser(userText, parsePasswd(passwd));
  const groups = groupText === '' && user.name === '' ? [] : parseGroup(group);
  const home = user.home && { home: user.home };
  if (groupText !== '') {
    const gid = findGroup(groupText, groups);
    return { uid: user.uid, gid, additionalGids: [gid], ...home };
  }
  const additionalGids = groups
    .filter(({ members }) => members.includes(user.name))
    .map(({ gid }) => gid);
  return { uid: user.uid, gid: user.gid, additionalGids: [user.gid, ...additionalGids], ...home };
}

/** Group ids of `--group-add`. Throws `invalid-argument` for a name that is not listed. */
export function resolveGroups(wanted: readonly string[], group: string): number[] {
  const groups = wanted.length === 0 ? [] : parseGroup(group);
  return wanted.map((text) => {
    if (isId(text)) return Number(text);
    const found = groups.find(({ name }) => name === text);
    if (found) return found.gid;
    throw new EngineError(
      'invalid-argument',
      `Unable to find group ${text}: no matching entries in group file`,
    );
  });
}

function findUser(text: string, entries: readonly PasswdEntry[]): PasswdEntry {
  const isNumber = isId(text);
  const wanted = text === '' ? 0 : Number(text);
  const byName = entries.find(({ name }) => name === text);
  if (byName) return byName;
  if (/^[+-]?\d+$/.test(text) && !isNumber) throw outOfRange();
  if (text !== '' && !isNumber)
    throw new EngineError(
      'invalid-argument',
      `unable to find user ${text}: no matching entries in passwd file`,
    );
  return entries.find(({ uid }) => uid === wanted) ?? { name: '', uid: wanted, gid: 0, home: '/' };
}

function findGroup(text: string, entries: readonly GroupEntry[]): number {
  const byName = entries.find(({ name }) => name === text);
  if (byName) return byName.gid;
  if (isId(text)) return Number(text);
  if (/^[+-]?\d+$/.test(text)) throw outOfRange();
  throw new EngineError(
    'invalid-argument',
    `unable to find group ${text}: no matching entries in group file`,
  );
}

function outOfRange(): EngineError {
  return new EngineError('invalid-argument', `uids and gids must be in range 0-${ID_MAX}`);
}

function isId(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) <= ID_MAX;
}

function parsePasswd(text: string): PasswdEntry[] {
  return fieldsOf(text).flatMap(([name = '', , uid = '', gid = '']) =>
    isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
  );
}

function parseGroup(text: string): GroupEntry[] {
  return fieldsOf(text).flatMap(([name = '', , gid = '', members = '']) =>
    isId(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  );
}

function fieldsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
