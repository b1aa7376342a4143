/** Puts `BridgeApi` on `window.gantry`: the only thing of Electron that the page can reach. */
import { contextBridge, ipcRenderer } from 'electron';
import { CHANNELS } from '../ipc/channels.ts';
import type { BridgeApi, EventName } from '../ipc/contract.ts';

type Listener = (payload: unknown) => void;
const listeners = new Map<EventName, Set<Listener>>();

ipcRenderer.on(CHANNELS.event, (_event, name: EventName, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload);
  ipcRenderer.send(CHANNELS.taken);
});

ipcRenderer.send(CHANNELS.listening);

const api: BridgeApi = {
  call: (name, argument) => ipcRenderer.invoke(CHANNELS.call, name, argument),
  on: (name, listener) => {
    const ofName = listeners.get(name) ?? new Set();
    listeners.set(name, ofName.add(listener as Listener));
    return () => ofName.delete(listener as Listener);
  },
  openStream: (name, argument) => {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage(CHANNELS.open, { name, argument }, [port2]);
    return {
      post: (frame) => port1.postMessage(frame),
      onFrame: (listener) => {
        port1.addEventListener('message', ({ data }) => listener(data));
        port1.start();
      },
    };
  },
};

contextBridge.exposeInMainWorld('gantry', api);
