/**
 * Failed file calls as clients hear of them: the text as Docker spells it, the code by what the errno
 * says of the request. A fault of the machine (an I/O error, no space) stays one.
 */
import { EngineError, messageOf, type ErrorCode } from '../../contract/errors.ts';
import { errnoOf } from '../../host/errno.ts';

const ANSWERS: Readonly<Record<string, readonly [code: ErrorCode, text: string]>> = {
  ENOENT: ['not-found', 'no such file or directory'],
  ENOTDIR: ['invalid-argument', 'not a directory'],
  EISDIR: ['invalid-argument', 'is a directory'],
  ENOTEMPTY: ['invalid-argument', 'directory not empty'],
  EEXIST: ['invalid-argument', 'file exists'],
  ELOOP: ['invalid-argument', 'too many levels of symbolic links'],
  ENAMETOOLONG: ['invalid-argument', 'file name too long'],
  EXDEV: ['invalid-argument', 'invalid cross-device link'],
  EBUSY: ['invalid-argument', 'device or resource busy'],
  EACCES: ['forbidden', 'permission denied'],
  EPERM: ['forbidden', 'operation not permitted'],
  EROFS: ['forbidden', 'read-only file system'],
  ENOSPC: ['unavailable', 'no space left on device'],
  EDQUOT: ['unavailable', 'disk quota exceeded'],
};

/** `open /a/b: not a directory`. */
export function answerOf(error: unknown): { code: ErrorCode; message: string } {
  const answer = ANSWERS[errnoOf(error) ?? ''];
  if (answer !== undefined) {
    const { syscall, path } = error as { syscall?: string; path?: string };
    const where = [syscall, path].filter(Boolean).join(' ');
    const [code, text] = answer;
    return { code, message: where === '' ? messageOf(error) : `${where}: ${text}` };
  }
  const code = error instanceof EngineError ? error.code : 'internal';
  return { code, message: messageOf(error) };
}
