/** Names of the Electron channels between preload and main; nothing else passes between them. */
export const CHANNELS = {
  /** invoke(name, argument) → Reply */
  call: 'gantry:call',
  /** postMessage({name, argument}, [port]): the window's end stays in the preload. */
  open: 'gantry:open',
  /** send(name, payload), main → window */
  event: 'gantry:event',
  /** send(): a page has loaded and hears events from now on. */
  listening: 'gantry:listening',
  /** send(): the window took in one event; main holds events back from a window that does not. */
  taken: 'gantry:taken',
} as const;

/** Where the window's pages come from. */
export const APP_SCHEME = 'app';
export const APP_ORIGIN = 'app://gantry';
