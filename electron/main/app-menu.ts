/** The application menu: standard roles, so that their keys work everywhere. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { Texts } from './texts.ts';

export function setAppMenu(texts: Texts): void {
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const developer: MenuItemConstructorOptions[] = app.isPackaged
    ? []
    : [{ role: 'toggleDevTools', label: texts.developerTools }, separator];
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    {
      label: texts.file,
      submenu: [
        { role: 'close', label: texts.close },
        { role: 'quit', label: texts.quit },
      ],
    },
    {
      label: texts.edit,
      submenu: [
        { role: 'undo', label: texts.undo },
        { role: 'redo', label: texts.redo },
        separator,
        { role: 'cut', label: texts.cut },
        { role: 'copy', label: texts.copy },
        { role: 'paste', label: texts.paste },
        { role: 'selectAll', label: texts.selectAll },
      ],
    },
    {
      label: texts.view,
      submenu: [
        // No accelerator: Ctrl+R belongs to a shell's history in a terminal.
        { role: 'reload', label: texts.reload, accelerator: 'CmdOrCtrl+Shift+R' },
        ...developer,
        { role: 'resetZoom', label: texts.actualSize },
        { role: 'zoomIn', label: texts.zoomIn },
        { role: 'zoomOut', label: texts.zoomOut },
        separator,
        { role: 'togglefullscreen', label: texts.fullScreen },
      ],
    },
    { label: texts.window, submenu: [{ role: 'minimize', label: texts.minimize }] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
