/** An xterm on a session's stream, with everything it holds released by `dispose()`. */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { WebglAddon } from '@xterm/addon-webgl';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import type { Bridge } from '../../../bridge/bridge.ts';
import { IS_MAC } from '../../../components/kbd.tsx';
import { showToast } from '../../../components/toast-store.ts';
import { guardClipboard, muteReplies } from './terminal-guards.ts';
import { TERMINAL_THEME } from './terminal-theme.ts';

export interface OpenTerminal {
  readonly search: SearchAddon;
  /** It has come to the front: measured anew and given the keyboard. */
  show(): void;
  focus(): void;
  dispose(): void;
}

interface TerminalOptions {
  readonly bridge: Bridge;
  readonly terminalId: string;
  readonly place: HTMLElement;
  /** The session was there before: its first output answers questions asked long ago. */
  readonly isReplay: boolean;
  readonly onLink: (address: string) => void;
  readonly onFind: () => void;
  readonly onExit: (exitCode: number | null) => void;
}

const SCROLLBACK_LINES = 10_000;
const RESIZE_AFTER_MS = 60;

export function openTerminal(options: TerminalOptions): OpenTerminal {
  const { bridge, terminalId, place } = options;
  const terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: true,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono'),
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: SCROLLBACK_LINES,
    theme: TERMINAL_THEME,
    linkHandler: { activate: (_event, address) => options.onLink(address) },
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new WebLinksAddon((_event, address) => options.onLink(address)));
  guardClipboard(terminal);
  terminal.open(place);
  loadWebgl(terminal);
  terminal.attachCustomKeyEventHandler((event) => handleKey(terminal, event, options.onFind));
  const replies = muteReplies(terminal, options.isReplay);
  const stream = connect(terminal, options, replies.unmuteAfterReplay);
  const resizing = keepSize(bridge, terminalId, terminal, fit, place);
  return {
    search,
    show: () => {
      resizing.measure();
      terminal.focus();
    },
    focus: () => terminal.focus(),
    dispose: () => {
      stream.close();
      resizing.stop();
      terminal.dispose();
    },
  };
}

function connect(terminal: Terminal, options: TerminalOptions, onOutput: () => void) {
  const encoder = new TextEncoder();
  const stream = options.bridge.openStream(
    'terminal',
    { terminalId: options.terminalId },
    {
      onMessage: (message) => {
        if (message.kind === 'exit') {
          terminal.options.cursorBlink = false;
          options.onExit(message.exitCode);
          return;
        }
        // Credit goes back when xterm has taken the bytes in.
        return new Promise<void>((resolve) => {
          terminal.write(message.bytes, () => {
            onOutput();
            resolve();
          });
        });
      },
      onEnd: (error) => {
        if (error) showToast({ tone: 'bad', title: 'terminal.lost', detail: error.message });
      },
    },
  );
  terminal.onData((text) => stream.send(encoder.encode(text)));
  terminal.onBinary((text) =>
    stream.send(Uint8Array.from(text, (letter) => letter.codePointAt(0) ?? 0)),
  );
  return stream;
}

/** The session has the size of what is seen of it; told once the dragging pauses. */
function keepSize(
  bridge: Bridge,
  terminalId: string,
  terminal: Terminal,
  fit: FitAddon,
  place: HTMLElement,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let told = '';
  const measure = () => {
    if (place.clientWidth === 0) return;
    fit.fit();
    const { cols: columns, rows } = terminal;
    if (told === `${columns} ${rows}`) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      told = `${columns} ${rows}`;
      bridge.call('terminal.resize', { terminalId, columns, rows }).catch(() => {
        told = '';
      });
    }, RESIZE_AFTER_MS);
  };
  const observer = new ResizeObserver(measure);
  observer.observe(place);
  measure();
  return {
    measure,
    stop: () => {
      clearTimeout(timer);
      observer.disconnect();
    },
  };
}

/** The graphics card draws where there is one; GL in software is slower than elements. */
function loadWebgl(terminal: Terminal): void {
  if (!hasGraphicsCard()) return;
  try {
    const webgl = new WebglAddon();
    webgl.onContextLoss(() => webgl.dispose());
    terminal.loadAddon(webgl);
  } catch {
    // xterm goes on drawing elements.
  }
}

function hasGraphicsCard(): boolean {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true });
  if (!context) return false;
  const names = context.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
}

/** False keeps a key from the program. */
function handleKey(terminal: Terminal, event: KeyboardEvent, onFind: () => void): boolean {
  if (event.type !== 'keydown') return true;
  const chord = IS_MAC ? event.metaKey : event.ctrlKey && event.shiftKey;
  const key = event.key.toLowerCase();
  if (!chord) return true;
  if (key === 'c' && terminal.hasSelection()) {
    void navigator.clipboard.writeText(terminal.getSelection());
  } else if (key === 'v' && !IS_MAC) {
    void navigator.clipboard
      .readText()
      .then((text) => terminal.paste(text))
      .catch(() => {});
  } else if (key === 'f') {
    onFind();
  } else return !(key === 'c' && !IS_MAC);
  event.preventDefault();
  return false;
}
