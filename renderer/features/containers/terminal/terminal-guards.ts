/** What a program's output may not do by itself. */
import type { Terminal } from '@xterm/xterm';
import { copyText } from '../../../components/copy.ts';
import { showToast } from '../../../components/toast-store.ts';

/** Much more than anybody copies in a terminal. */
const MOST_CLIPBOARD_BYTES = 1 << 20;
/** A replay that pauses this long is over. */
const REPLAY_QUIET_MS = 300;

/** OSC 52 asks for the clipboard: reading it is never answered, writing it only after a click. */
export function guardClipboard(terminal: Terminal): void {
  terminal.parser.registerOscHandler(52, (data) => {
    const payload = data.slice(data.indexOf(';') + 1);
    if (payload === '?' || payload.length > MOST_CLIPBOARD_BYTES) return true;
    const text = decodeBase64(payload);
    if (text)
      showToast({
        tone: 'info',
        title: 'terminal.askCopy',
        detail: text.length > 120 ? `${text.slice(0, 120)}…` : text,
        lastsMs: 15_000,
        action: { label: 'action.copy', run: () => void copyText(text) },
      });
    return true;
  });
}

function decodeBase64(payload: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(payload), (letter) => letter.codePointAt(0) ?? 0);
    return new TextDecoder().decode(bytes);
  } catch {
    return null;
  }
}

/**
 * A replayed session holds questions that a program asked long ago (where is the cursor, which
 * terminal is this). Their answers would arrive in the shell as if typed, so they are swallowed until
 * the replay is over.
 */
export function muteReplies(terminal: Terminal, isReplay: boolean) {
  if (!isReplay) return { unmuteAfterReplay: () => {} };
  let isMuted = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const swallow = () => isMuted;
  const { parser } = terminal;
  const handlers = [
    parser.registerCsiHandler({ final: 'c' }, swallow),
    parser.registerCsiHandler({ prefix: '>', final: 'c' }, swallow),
    parser.registerCsiHandler({ prefix: '=', final: 'c' }, swallow),
    parser.registerCsiHandler({ final: 'n' }, swallow),
    parser.registerCsiHandler({ prefix: '?', final: 'n' }, swallow),
    parser.registerCsiHandler({ prefix: '?', intermediates: '$', final: 'p' }, swallow),
    parser.registerCsiHandler({ intermediates: '$', final: 'p' }, swallow),
    parser.registerCsiHandler({ prefix: '>', final: 'q' }, swallow),
    parser.registerCsiHandler({ final: 't' }, swallow),
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow),
    parser.registerOscHandler(10, swallow),
    parser.registerOscHandler(11, swallow),
    parser.registerOscHandler(12, swallow),
    parser.registerOscHandler(4, swallow),
  ];
  const unmute = () => {
    isMuted = false;
    for (const handler of handlers) handler.dispose();
  };
  const unmuteAfterReplay = () => {
    if (!isMuted) return;
    clearTimeout(timer);
    timer = setTimeout(unmute, REPLAY_QUIET_MS);
  };
  unmuteAfterReplay();
  return { unmuteAfterReplay };
}
