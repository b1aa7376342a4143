/**
 * Opens the window: theme before the first paint, the last known lists with it, the host behind it.
 */
import { createRoot } from 'react-dom/client';
import { Bridge } from '../bridge/bridge.ts';
import { connectHost } from '../bridge/connect.ts';
import '../styles/tokens.css';
import '../styles/base.css';
import { App } from './app.tsx';
import { goLive } from './live.ts';
import { keepTheme } from './theme.ts';

const bridge = new Bridge(connectHost());
keepTheme();
goLive(bridge);

const root = document.querySelector('#root');
if (root) createRoot(root).render(<App bridge={bridge} />);
