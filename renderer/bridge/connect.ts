/** Finds the host: Electron's preload left it on the window; a browser reaches it over a WebSocket. */
import type { BridgeApi } from '../../electron/ipc/contract.ts';
import { createWebSocketBridge } from '../../electron/ipc/websocket-bridge.ts';

export function connectHost(): BridgeApi {
  return window.gantry ?? createWebSocketBridge();
}
